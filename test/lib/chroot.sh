# shellcheck shell=bash
# The other majors of PostgreSQL, each in a throw-away Debian of its own.  Mirrors, keys, proxy and logins are
# those of this machine's apt configuration.  Needs common.sh, packages.sh, postgres.sh and count.sh.

MAJORS=(15 17 18)

debian_release_of() { # MAJOR
    case $1 in
        15) printf 'bookworm\n' ;;
        17) printf 'trixie\n' ;;
        18) printf 'sid\n' ;;
        *) return 1 ;;
    esac
}

# ---- this machine's mirrors ------------------------------------------------------------------------------

# Each binary source as `uri<TAB>suites<TAB>components<TAB>signed-by`, in both of apt's formats.
apt_sources() {
    find /etc/apt/sources.list /etc/apt/sources.list.d -maxdepth 1 -type f -name '*.list' -exec cat {} + 2>/dev/null |
        awk '$1 == "deb" {
            key = ""; line = $0
            if (match(line, /\[[^]]*\]/)) {
                if (match(line, /signed-by=[^] ]*/)) key = substr(line, RSTART + 10, RLENGTH - 10)
                sub(/\[[^]]*\]/, "", line)
            }
            n = split(line, f, " "); parts = ""
            for (i = 4; i <= n; i++) parts = parts " " f[i]
            print f[2] "\t" f[3] "\t" parts "\t" key
        }'
    find /etc/apt/sources.list.d -maxdepth 1 -type f -name '*.sources' -exec awk 1 {} + -exec printf '\n' \; 2>/dev/null |
        deb822_sources
}

deb822_sources() {
    awk 'BEGIN { IGNORECASE = 1 }
        function flush(    i, n, u) {
            if (types ~ /(^| )deb( |$)/ && enabled !~ /^ *[Nn]o/) {
                n = split(uris, u, " ")
                for (i = 1; i <= n; i++) print u[i] "\t" suites "\t" parts "\t" key
            }
            types = uris = suites = parts = key = enabled = ""
        }
        /^[ \t]*#/ { next }
        /^[ \t]*$/ { flush(); next }
        { name = tolower($1) }
        name == "types:"      { sub(/^[^:]*:[ \t]*/, ""); if (types) flush(); types = $0 }
        name == "uris:"       { sub(/^[^:]*:[ \t]*/, ""); uris = $0 }
        name == "suites:"     { sub(/^[^:]*:[ \t]*/, ""); suites = $0 }
        name == "components:" { sub(/^[^:]*:[ \t]*/, ""); parts = $0 }
        name == "signed-by:"  { sub(/^[^:]*:[ \t]*/, ""); key = $0 }
        name == "enabled:"    { sub(/^[^:]*:[ \t]*/, ""); enabled = $0 }
        END { flush() }'
}

# The archive proper: the source whose suite is this machine's own release, not its updates or security.
archive_source() {
    local codename
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    apt_sources | awk -F '\t' -v own="${codename:-sid}" '
        $1 ~ /^(https?|ftp|file):/ && $3 ~ /(^| )main( |$)/ {
            n = split($2, suites, " ")
            for (i = 1; i <= n; i++)
                if (suites[i] == own || suites[i] ~ /^(stable|testing|unstable|sid)$/) { print; exit }
        }'
}

# A login that apt has for the mirror, as wget wants it (debootstrap fetches with wget).
netrc_from_apt() {
    cat /etc/apt/auth.conf /etc/apt/auth.conf.d/*.conf 2>/dev/null |
        sed -E 's#^([[:space:]]*machine[[:space:]]+)(https?://)?([^/[:space:]]+)[^[:space:]]*#\1\3#'
}

# ---- making one -------------------------------------------------------------------------------------------

# Everything that mounts or runs in the chroot does so in namespaces of its own: when the command ends, its
# processes and mounts are gone, whatever happened.
isolated() { "${SUDO[@]}" unshare --mount --pid --fork --kill-child "$@"; }

make_chroot() { # DIR RELEASE
    local mirror suites parts key options=(--variant=minbase) home=$1.home
    IFS=$'\t' read -r mirror suites parts key < <(archive_source)
    [ -n "$mirror" ] || {
        warn "no Debian mirror in the apt configuration"
        return 1
    }
    : "$suites" "$parts"
    if [[ $mirror == https:* ]]; then options+=(--include=ca-certificates); fi
    if [ -f "$key" ]; then options+=(--keyring="$key"); fi
    if [ -n "${RETRY_LEDGER_CACHE:-}" ]; then
        "${SUDO[@]}" mkdir -p "$RETRY_LEDGER_CACHE/$2"
        options+=(--cache-dir="$RETRY_LEDGER_CACHE/$2")
    fi
    mkdir -m 0700 "$home" && (umask 077 && netrc_from_apt >"$home/.netrc")
    isolated env HOME="$home" "$(proxy_of http)" "$(proxy_of https)" \
        debootstrap "${options[@]}" "$2" "$1" "$mirror" || return
    configure_apt "$1" "$2" "$mirror" "$key"
}

# The proxy that apt uses, as debootstrap's environment; an empty one is none.
proxy_of() { # http | https
    local proxy=''
    eval "$(apt-config shell proxy "Acquire::$1::Proxy")"
    local variable=$1_proxy
    printf '%s=%s\n' "$variable" "${proxy:-${!variable:-}}"
}

# apt inside works as apt outside does.  A rolling release may be older on a mirror than its file says.
configure_apt() { # DIR RELEASE MIRROR KEY
    local etc=$1/etc/apt option=''
    if [ -f "$4" ]; then
        "${SUDO[@]}" install -D -m 0644 "$4" "$1$4"
        option="[signed-by=$4] "
    fi
    printf 'deb %s%s %s main\n' "$option" "$3" "$2" | "${SUDO[@]}" tee "$etc/sources.list" >/dev/null
    "${SUDO[@]}" rm -f "$etc"/sources.list.d/*
    apt-config dump | grep -E '^Acquire::(http|https|ftp)(::|$| )|^Acquire::Check-' |
        "${SUDO[@]}" tee "$etc/apt.conf.d/90host" >/dev/null
    printf '%s\n' 'Acquire::Check-Valid-Until "false";' 'Acquire::Languages "none";' |
        "${SUDO[@]}" tee "$etc/apt.conf.d/91test" >/dev/null
    if [ -d /etc/apt/auth.conf.d ]; then "${SUDO[@]}" cp -r /etc/apt/auth.conf.d "$etc/"; fi
    if [ -f /etc/apt/auth.conf ]; then "${SUDO[@]}" cp -p /etc/apt/auth.conf "$etc/"; fi
    # No service may start in there, and no cluster is wanted.
    printf '#!/bin/sh\nexit 101\n' | "${SUDO[@]}" tee "$1/usr/sbin/policy-rc.d" >/dev/null
    "${SUDO[@]}" chmod 0755 "$1/usr/sbin/policy-rc.d"
    "${SUDO[@]}" mkdir -p "$1/etc/postgresql-common"
    printf 'create_main_cluster = false\n' | "${SUDO[@]}" tee "$1/etc/postgresql-common/createcluster.conf" >/dev/null
    "${SUDO[@]}" cp -L /etc/resolv.conf /etc/hosts "$1/etc/" 2>/dev/null || true
}

# Runs a command in the chroot, with what PostgreSQL needs: /proc, shared memory, terminals.
in_chroot() { # DIR COMMAND...
    # shellcheck disable=SC2016  # expanded inside
    isolated bash -c '
        root=$1 cache=$2; shift 2
        mount --make-rprivate / && mount -t proc proc "$root/proc" &&
            mkdir -p "$root/dev/shm" "$root/dev/pts" && mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" &&
            { mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" || true; } || exit 125
        if [ -n "$cache" ]; then
            mkdir -p "$cache" && rm -f "$root/etc/apt/apt.conf.d/docker-clean"
            mount --bind "$cache" "$root/var/cache/apt/archives" || exit 125
        fi
        # Not exec: this shell is process 1 in there and reaps what servers leave.
        chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            HOME=/root LC_ALL=C.UTF-8 "$@"
        exit $?' in_chroot "$1" \
        "${RETRY_LEDGER_CACHE:+$RETRY_LEDGER_CACHE/archives-$(basename "$1")}" "${@:2}"
}

# ---- testing in one ---------------------------------------------------------------------------------------

# Sets VARIABLE to the reason why chroots can't be had here; leaves it empty if they can.
why_no_chroots() { # VARIABLE
    if ! find_sudo; then
        printf -v "$1" 'neither root nor sudo'
    elif ! ensure_packages "$LOGS/packages.log" debootstrap util-linux tar; then
        printf -v "$1" 'debootstrap is not installed'
    elif ! isolated true 2>/dev/null; then
        printf -v "$1" 'no permission for namespaces'
    fi
}

# One major from nothing to its summary.  Leaves a reason in DIR.skipped where it can't be had.
test_major() { # MAJOR DIR SUITE...
    local major=$1 dir=$2 release
    shift 2
    release=$(debian_release_of "$major")
    if ! make_chroot "$dir" "$release" >"$LOGS/major-$major-debootstrap.log" 2>&1; then
        printf 'debootstrap of %s: %s\n' "$release" "$(tail -n 1 "$LOGS/major-$major-debootstrap.log")" >"$dir.skipped"
        return
    fi
    "${SUDO[@]}" mkdir -p "$dir/src/retry_ledger"
    tar -C "$REPO" --exclude=./.git --exclude=./build --exclude=./.demo --exclude=node_modules \
        --exclude='*.o' --exclude='*.d' --exclude='*.so' --exclude='*.gch' -cf - . |
        "${SUDO[@]}" tar -C "$dir/src/retry_ledger" -xf - --no-same-owner
    # With less optimization, for time; not without any: that is where setjmp and registers could disagree.
    # Attacks were shown to bite on the machine's own.  One suite after the other: majors are side by side already.
    local check=(env RETRY_LEDGER_MAJOR="$major" RETRY_LEDGER_COMPILERS=g++ RETRY_LEDGER_OPTIMIZE=-O1
        RETRY_LEDGER_ONE_BY_ONE=1 ATTACK_LEVELS='guarded locked' /src/retry_ledger/check)
    if ! in_chroot "$dir" "${check[@]}" --install-only "$@" >"$LOGS/major-$major-packages.log" 2>&1; then
        printf 'packages of %s: %s\n' "$release" "$(tail -n 1 "$LOGS/major-$major-packages.log")" >"$dir.skipped"
        return
    fi
    in_chroot "$dir" env RETRY_LEDGER_NO_INSTALL=1 "${check[@]}" "$@" >"$LOGS/major-$major.log" 2>&1
    mkdir -p "$LOGS/major-$major" &&
        "${SUDO[@]}" tar -C "$dir/src/retry_ledger/build/logs" -cf - . 2>/dev/null | tar -C "$LOGS/major-$major" -xf -
}

report_major() { # MAJOR DIR SECONDS
    local log=$LOGS/major-$1.log
    say "PostgreSQL $1 ($(debian_release_of "$1"))"
    if [ -s "$2.skipped" ]; then
        skipped "PostgreSQL $1" "$(cat "$2.skipped")"
        return
    fi
    sed 's/^/    /' "$log"
    add_summary "PostgreSQL $1" "$log" "PostgreSQL $1: "
}

# Two processors have room for two chroots: much of the time goes into unpacking.
run_majors() { # SUITE...
    local major reason='' host others=()
    host=$(choose_major)
    for major in "${MAJORS[@]}"; do [ "$major" = "$host" ] || others+=("$major"); done
    why_no_chroots reason
    if [ -n "$reason" ]; then
        for major in "${others[@]}"; do skipped "PostgreSQL $major" "$reason"; done
        return
    fi
    set -m # each job in a process group of its own, so that it can be stopped as a whole
    for major in "${others[@]}"; do
        say "PostgreSQL $major: testing in a $(debian_release_of "$major") chroot"
        test_major "$major" "$SCRATCH/$major" "$@" &
    done
    set +m
    wait
    for major in "${others[@]}"; do report_major "$major" "$SCRATCH/$major"; done
}

# Chroots belong to root; --one-file-system keeps away from anything still mounted.
remove_chroots() {
    find_sudo && "${SUDO[@]}" rm -rf --one-file-system "$SCRATCH"
}

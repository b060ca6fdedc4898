# shellcheck shell=bash
# The one list of Debian packages: which purpose needs which.  Needs common.sh.

# shellcheck disable=SC2034  # used by postgres.sh
OLDEST_MAJOR=15

# Prints what a purpose needs with PostgreSQL MAJOR; the suites of ./check are purposes.
packages_for() { # PURPOSE MAJOR
    local server=(make g++ libfmt-dev libre2-dev)
    if [ -n "$2" ]; then server+=("postgresql-$2" "postgresql-server-dev-$2"); fi
    case $1 in
        build)
            printf '%s\n' "${server[@]}"
            [ "${RETRY_LEDGER_COMPILERS:-}" = g++ ] || printf 'clang\n'
            ;;
        lint) printf '%s\n' "${server[@]}" clang-format shellcheck universal-ctags binutils ;;
        unit) printf '%s\n' "${server[@]}" libgtest-dev ;;
        pgtap) printf '%s\n' "${server[@]}" ${2:+"postgresql-$2-pgtap"} libtap-parser-sourcehandler-pgtap-perl ;;
        cluster | crash) printf '%s\n' "${server[@]}" perl libipc-run-perl ;;
        neighbours) packages_for cluster "$2" && printf '%s\n' libc-ares2 libevent-2.1-7 ;; # what pgbouncer is linked with
        clients)
            printf '%s\n' "${server[@]}" python3 python3-psycopg python3-psycopg2 python3-sqlalchemy alembic \
                nodejs npm default-jdk-headless libpostgresql-jdbc-java graphviz
            ;;
        attacks) printf '%s\n' "${server[@]}" python3 ;;
        package) printf '%s\n' "${server[@]}" binutils ;;
        asan) packages_for pgtap "$2" ;;
        sqlsmith) printf '%s\n' "${server[@]}" sqlsmith ;;
        soak) printf '%s\n' "${server[@]}" python3 python3-psycopg ;;
        *) printf '%s\n' "${server[@]}" ;; # demo, boundary, regress, isolation
    esac
}

# The programs and extensions that many databases have, for PostgreSQL MAJOR.  None is needed: what isn't to be had isn't tested.
neighbours_for() { # MAJOR
    [ -z "$1" ] || printf "postgresql-$1-%s\n" repack partman cron pgaudit
}

# Packages whose programs are unpacked into the scratch folder: installed, they would run as services from then on.
unpacked_for() { # PURPOSE
    case $1 in
        clients) printf '%s\n' prometheus prometheus-postgres-exporter ;;
        neighbours) printf '%s\n' pgbouncer ;;
    esac
}

# Some things are as good when they didn't come as Debian's package of that name.
package_present() {
    case $1 in
        nodejs) command -v node >/dev/null ;;
        npm) command -v npm >/dev/null ;;
        default-jdk-headless) command -v javac >/dev/null ;;
        libevent-2.1-7) dpkg-query -W -f='${db:Status-Status}\n' "$1*" 2>/dev/null | grep -qx installed ;; # or ...t64
        *) false ;;
    esac && return
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_packages() {
    local package
    for package in "$@"; do
        package_present "$package" || printf '%s\n' "$package"
    done | sort -u
}

# The major that Debian's own metapackage stands for, for a machine without a server.
debian_major() {
    apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1
}

# How to become root: SUDO is empty for root, `sudo` where that works; fails where nothing does.
find_sudo() {
    SUDO=()
    is_root && return
    SUDO=(sudo)
    command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }
}

apt_install() {
    "${SUDO[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# Package lists may be absent (a fresh container) or stale: then they are fetched, once.
apt_install_or_update() {
    apt_install "$@" && return
    "${SUDO[@]}" apt-get update -q && apt_install "$@"
}

# Debian's server package makes and starts a cluster named main.  Nobody asked us for one: if it was this
# installation that brought it, it goes again.
drop_new_cluster() { # MAJOR
    command -v pg_lsclusters >/dev/null || return 0
    if pg_lsclusters -h "$1" main >/dev/null 2>&1; then
        "${SUDO[@]}" pg_dropcluster --stop "$1" main
    fi
}

# Installs what is missing and says so; without the right to, prints the command and fails.
ensure_packages() { # LOG PACKAGE...
    local log=$1 missing major='' package
    shift
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ -n "${RETRY_LEDGER_NO_INSTALL:-}" ] || ! find_sudo; then
        warn "Missing Debian packages. Install them with:"
        warn "  sudo apt-get install --no-install-recommends ${missing[*]}"
        return 1
    fi
    for package in "${missing[@]}"; do
        if [[ $package =~ ^postgresql-([0-9]+)$ && ! -e /etc/postgresql/${BASH_REMATCH[1]} ]]; then
            major=${BASH_REMATCH[1]}
        fi
    done
    say "Installing from Debian: ${missing[*]}"
    if ! apt_install_or_update "${missing[@]}" >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        warn "Could not install ${missing[*]}"
        return 1
    fi
    if [ -n "$major" ]; then drop_new_cluster "$major" >>"$log" 2>&1; fi
}

# Puts the programs of packages into DIR/usr/bin, without installing anything.
unpack_packages() { # LOG DIR PACKAGE...
    local log=$1 dir=$2 package
    shift 2
    mkdir -p "$dir" || return
    download_packages "$dir" "$@" >"$log" 2>&1 ||
        { find_sudo && "${SUDO[@]}" apt-get update -q && download_packages "$dir" "$@"; } >>"$log" 2>&1 || return
    for package in "$dir"/*.deb; do dpkg-deb -x "$package" "$dir" >>"$log" 2>&1 || return; done
}
download_packages() { (cd "$1" && shift && apt-get download -q "$@"); } # DIR PACKAGE...

# shellcheck shell=bash
# Private PostgreSQL servers that never touch the system's directories.  Needs common.sh and packages.sh.
# shellcheck disable=SC2034  # PG_* are for whoever sources this

# The newest installed server's major, or the one that Debian would install; RETRY_LEDGER_MAJOR names another,
# PG_CONFIG one that isn't Debian's.
choose_major() {
    if [ -n "${RETRY_LEDGER_MAJOR:-}" ]; then
        printf '%s\n' "$RETRY_LEDGER_MAJOR"
        return
    fi
    if [ -n "${PG_CONFIG:-}" ]; then
        "$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/'
        return
    fi
    local newest
    newest=$(find /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sed 's|/usr/lib/postgresql/\([0-9]*\)/.*|\1|' |
        sort -n | tail -n 1)
    if [ -n "$newest" ]; then printf '%s\n' "$newest"; else debian_major; fi
}

# Sets PG_MAJOR; PG_PACKAGED is the major when it comes from Debian's packages, else empty.
choose_server() { # LOG
    PG_MAJOR=$(choose_major)
    if [ -z "$PG_MAJOR" ] && find_sudo; then
        "${SUDO[@]}" apt-get update -q >"$1" 2>&1
        PG_MAJOR=$(choose_major)
    fi
    [ -n "$PG_MAJOR" ] || give_up "No PostgreSQL found, and no package named postgresql: is this Debian?" || return
    [ "$PG_MAJOR" -ge "$OLDEST_MAJOR" ] ||
        give_up "PostgreSQL $PG_MAJOR is too old: retry_ledger needs $OLDEST_MAJOR or newer" || return
    PG_PACKAGED=$PG_MAJOR
    case ${PG_CONFIG:-} in
        '' | "/usr/lib/postgresql/$PG_MAJOR/bin/pg_config") ;;
        *) PG_PACKAGED='' ;;
    esac
}

# Once the packages are there: sets PG_CONFIG and the paths that follow from it.
locate_server() {
    PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/$PG_MAJOR/bin/pg_config}
    [ -x "$(command -v "$PG_CONFIG")" ] || give_up "No pg_config at $PG_CONFIG" || return
    PG_BIN=$("$PG_CONFIG" --bindir)
    PG_TESTS=$(dirname "$(dirname "$("$PG_CONFIG" --pgxs)")")/test
    [ -x "$PG_BIN/postgres" ] || give_up "No server beside $PG_CONFIG" || return
    export PG_CONFIG
    check_headers
}

# A library built against newer headers than the server's may not load into it.
check_headers() {
    local headers server
    headers=$(sed -n 's/^#define PG_VERSION "\([^" ]*\).*/\1/p' "$("$PG_CONFIG" --includedir-server)"/pg_config*.h |
        head -n 1)
    server=$("$PG_BIN/postgres" --version | sed 's/.*) \([^ ]*\).*/\1/')
    if [ "$headers" != "$server" ]; then
        give_up "The server is $server but its headers are $headers: upgrade both to the same version"
    fi
}

has_setting() { grep -q "^$1[[:space:]]" <("$PG_BIN/postgres" --describe-config 2>/dev/null); }

# Where the server finds an extension that was installed below STAGE: PostgreSQL 18 and newer have a setting
# for it, Debian's older ones a setting of Debian's, which doesn't help shared_preload_libraries.
stage_settings() { # STAGE
    if has_setting extension_control_path; then
        printf "extension_control_path = '%s:\$system'\n" "$1$("$PG_CONFIG" --sharedir)"
    elif has_setting extension_destdir; then
        printf "extension_destdir = '%s'\n" "$1"
    else
        return 1
    fi
    printf "dynamic_library_path = '%s:\$libdir'\n" "$1$("$PG_CONFIG" --pkglibdir)"
}

# No TCP, no system directories, nobody else's socket directory.
server_settings() { # STAGE SOCKET_DIR
    printf "listen_addresses = ''\nunix_socket_directories = '%s'\nunix_socket_permissions = 0700\n" "$2"
    printf "log_line_prefix = '%%m [%%p] %%e '\nlc_messages = 'C'\n"
    stage_settings "$1"
}

init_data() { # DATA LOG
    as_server_user "$PG_BIN/initdb" -D "$1" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$2" 2>&1
}

start_data() { # DATA LOG [NAME=VALUE...]
    local data=$1 log=$2
    shift 2
    as_server_user env "$@" "$PG_BIN/pg_ctl" -D "$data" -l "$log" -w -t 60 start >/dev/null 2>&1
}

data_running() { [ -f "$1/postmaster.pid" ] && as_server_user "$PG_BIN/pg_ctl" -D "$1" status >/dev/null 2>&1; }

stop_data() { # DATA [MODE]
    ! data_running "$1" || as_server_user "$PG_BIN/pg_ctl" -D "$1" -m "${2:-fast}" -w -t 60 stop >/dev/null 2>&1
}

# Builds TREE and installs it below STAGE; further arguments go to make.
build_stage() { # TREE STAGE [MAKE ARGUMENT...]
    local tree=$1 stage=$2
    shift 2
    as_server_user make -C "$tree" -j"$(nproc)" PG_CONFIG="$PG_CONFIG" "$@" &&
        make_server_dir "$stage" &&
        as_server_user make -C "$tree" install DESTDIR="$stage" PG_CONFIG="$PG_CONFIG" "$@"
}

# shellcheck shell=bash
# What ./demo and ./check share: messages, who we are, copies of the tree.  Sourced, never run.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
# For functions that may be called where the caller has something left to do.
give_up() {
    warn "$*"
    return 1
}
die() {
    warn "$*"
    exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# PostgreSQL refuses to run as root, so its commands (and what writes beside it) run as this user.
server_user() { if is_root; then printf 'postgres\n'; else id -un; fi; }

# Runs a command as the server's user.  Not through a login or PAM: those aren't there in every container.
as_server_user() {
    if is_root; then
        setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=-all \
            env HOME="${SERVER_HOME:-/tmp}" USER=postgres LOGNAME=postgres "$@"
    else
        "$@"
    fi
}

# Runs what takes long, in the background and in a process group of its own: a signal to us is then handled at
# once, not when the command ends, and can end all of it (see stop_jobs).
logged() { # LOG COMMAND...
    local log=$1 job
    shift
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    job=$!
    set +m
    wait "$job"
}

# Ends what `logged` and others still have running.
stop_jobs() {
    local job
    for job in $(jobs -p); do kill -- "-$job" 2>/dev/null; done
    wait
}

# A directory that the server's user owns; its parent must be reachable for that user.
make_server_dir() { # DIR [MODE]
    mkdir -p "$1" || return
    if is_root; then chown postgres:postgres "$1" || return; fi
    chmod "${2:-0755}" "$1"
}

# Can the server's user get there?  A checkout below /root, say, is closed to it.
server_user_reaches() { as_server_user test -x "$1" 2>/dev/null; }

# Where short-lived things go.  A socket's path has 107 bytes at most, so a long TMPDIR is of no use.
short_tmp() {
    local dir=${TMPDIR:-/tmp}
    if [ ${#dir} -gt 40 ] || ! server_user_reaches "$dir"; then dir=/tmp; fi
    printf '%s\n' "$dir"
}

# Copies the sources, and nothing that a build made, so that no stale object is ever linked.
copy_tree() { # DEST
    make_server_dir "$1" || return
    tar -C "$REPO" -cf - \
        --exclude=./.git --exclude=./build --exclude=./.demo --exclude=./results --exclude=./tmp_check \
        --exclude='./regression.*' --exclude='./retry_ledger--*.sql' --exclude=node_modules \
        --exclude=__pycache__ --exclude='*.o' --exclude='*.d' --exclude='*.so' --exclude='*.bc' --exclude='*.gch' . |
        as_server_user tar -C "$1" -xf - --no-same-owner
}

# The version stands in the control file and nowhere else.
extension_version() { sed -n "s/^default_version = '\(.*\)'/\1/p" "$REPO/retry_ledger.control"; }

#!/bin/bash
# The rules of this code base that no compiler checks.  One line for each: `ok`, `FAIL` or `skip`, and why.
# Usage: test/lint.sh SHLIB   (the built library, for the check of what it exports)
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
shlib=${1:?usage: test/lint.sh SHLIB}
MAX_LINES=60
status=0

# A rule holds if the command that looks for violations prints none.
rule() { # NAME COMMAND...
    local name=$1 found
    shift
    found=$("$@")
    if [ -z "$found" ]; then
        printf 'ok %s\n' "$name"
    else
        printf 'FAIL %s\n' "$name"
        # shellcheck disable=SC2001  # each line
        sed 's/^/    /' <<<"$found"
        status=1
    fi
}

# Of the sources only: what a build or a test run left doesn't count.
sources() { find src test examples bench doc .ci -type f "$@" 2>/dev/null | grep -vE '/(results|node_modules|output_iso)/' | sort; }

pg_errors_outside_boundary() {
    sources -path 'src/*' -name '*.[ch]pp' ! -path 'src/pg/*' | xargs -r grep -nE 'sigsetjmp|PG_TRY|CopyErrorData'
}

postgres_in_core() { grep -rnE '#include *[<"](postgres|pg/|fmgr|utils/|libpq)' src/core; }

# One engine, behind one interface: see src/core/failure.cpp.
patterns_elsewhere() { grep -rnE '#include *[<"](re2/|absl/|regex>)' src | grep -v '^src/core/failure\.cpp:'; }

# An application may have made casts of its types, which would run as whoever runs our statement: columns are turned to
# text by pg::text_expression.  Numbers may be cast to others, by PostgreSQL's own casts.
casts_in_statements() {
    grep -rnE '\}::[a-z]|CAST\([^)]*\{|"::[a-z]' src --include='*.[ch]pp' |
        grep -vE '^src/pg/column_text\.cpp:|::(pg_catalog\.)?int[248]?\b'
}

# Spelled so that this file doesn't find itself.
unfinished_marks() {
    sources ! -name '*.o' ! -name '*.so' | xargs -r grep -nIE '\b(TO''DO|FIX''ME|X''XX)\b'
    grep -nIE '\b(TO''DO|FIX''ME|X''XX)\b' Makefile README.md CONTRIBUTING.md check demo 2>/dev/null
}

long_functions() {
    sources -name '*.[ch]pp' | ctags -L - --language-force=C++ --c++-kinds=f --fields=+ne --output-format=json -f - |
        awk -v max="$MAX_LINES" '{
            line = end = 0; name = path = ""
            if (match($0, /"line": [0-9]+/)) line = substr($0, RSTART + 8, RLENGTH - 8) + 0
            if (match($0, /"end": [0-9]+/)) end = substr($0, RSTART + 7, RLENGTH - 7) + 0
            if (match($0, /"name": "[^"]*/)) name = substr($0, RSTART + 9, RLENGTH - 9)
            if (match($0, /"path": "[^"]*/)) path = substr($0, RSTART + 9, RLENGTH - 9)
            if (end - line + 1 > max) printf "%s:%d: %s has %d lines\n", path, line, name, end - line + 1
        }'
}

other_versions() {
    local version
    version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" retry_ledger.control)
    grep -n '"version":' META.json | grep -vF "\"$version\"" | grep -v '"1\.0\.0", *"url"'
}

# Every C function that the SQL fragments declare: the link symbol if named, else the function's own name.
declared_functions() {
    cat src/*.sql src/*/*.sql | awk '
        { sub(/--.*/, "") }
        toupper($0) ~ /CREATE +(OR +REPLACE +)?FUNCTION/ { text = "" }
        { text = text " " $0 }
        /;[ \t]*$/ {
            if (toupper(text) ~ /LANGUAGE +C[^A-Z_]/ && match(text, /[Ff][Uu][Nn][Cc][Tt][Ii][Oo][Nn] +[^ (]+/)) {
                name = substr(text, RSTART, RLENGTH); sub(/.*[ .]/, "", name)
                if (match(text, /\047MODULE_PATHNAME\047 *, *\047[^\047]+/)) {
                    name = substr(text, RSTART, RLENGTH); sub(/.*\047/, "", name)
                }
                print name
            }
            text = ""
        }' | sort -u
}

exported_symbols() { nm -D --defined-only "$shlib" | awk '{ print $NF }' | sort -u; }

# What the library exports beyond its functions could meet another extension's symbols: PostgreSQL loads with
# RTLD_GLOBAL.  And what it doesn't export fails only when somebody calls it.
wrong_symbols() {
    local expected
    expected=$(declared_functions | awk '{ print $1; print "pg_finfo_" $1 }' | sort)
    comm -13 <(printf '%s\n' "$expected") <(exported_symbols) |
        grep -vxE 'Pg_magic_func|_PG_init|retry_ledger_(launcher|writer)_main' | c++filt | sed 's/^/exported, but declared in no .sql: /'
    comm -23 <(printf '%s\n' "$expected") <(exported_symbols) | sed 's/^/declared, but not exported: /'
}

shell_problems() {
    { printf '%s\n' check demo .ci/run test/lint.sh && sources -name '*.sh' && shell_programs; } | sort -u |
        while IFS= read -r file; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done |
        xargs -r shellcheck -x -f gcc
}

# Programs without an extension, such as test/clients/run.
shell_programs() { sources ! -name '*.*' -perm -u+x | xargs -r grep -lE '^#!.*\b(ba)?sh\b'; }

with_tool() { # TOOL NAME COMMAND
    if command -v "$1" >/dev/null; then rule "$2" "$3"; else printf 'skip %s: %s is not installed\n' "$2" "$1"; fi
}

rule 'only src/pg handles PostgreSQL errors' pg_errors_outside_boundary
rule 'src/core knows no PostgreSQL' postgres_in_core
rule 'only src/core/failure.cpp knows RE2' patterns_elsewhere
rule 'no statement casts columns of applications' casts_in_statements
rule 'nothing is marked as unfinished' unfinished_marks
rule 'META.json has the control file'\''s version' other_versions
rule 'exports its SQL functions and nothing else' wrong_symbols
with_tool ctags "no function is longer than $MAX_LINES lines" long_functions
with_tool shellcheck 'shellcheck finds nothing' shell_problems
exit $status

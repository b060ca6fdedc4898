# shellcheck shell=bash
# Counting what really ran: every number comes out of a runner's own output.

# FAILURES has what failed, a line each: said again at the end, since a log of this length is often read from there.
count_from_nothing() { PASSED=0 FAILED=0 SKIPPED=0 FAILURES=(); }
count_from_nothing

passed() { # NAME
    PASSED=$((PASSED + 1))
    printf '  ok    %s\n' "$1"
}

failed() { # NAME [LOG]: the end of the log says why
    FAILED=$((FAILED + 1))
    FAILURES+=("$1")
    printf '  FAIL  %s\n' "$1"
    if [ -n "${2:-}" ]; then show_tail "$2"; fi
}

skipped() { # NAME REASON
    SKIPPED=$((SKIPPED + 1))
    printf '  skip  %s: skipped (%s)\n' "$1" "$2"
}

# One line for many tests.
tally() { # NAME PASSED FAILED SKIPPED [LOG]
    PASSED=$((PASSED + $2))
    FAILED=$((FAILED + $3))
    SKIPPED=$((SKIPPED + $4))
    local word=ok
    [ "$3" -eq 0 ] || word=FAIL
    printf '  %-4s  %s: %s passed, %s failed' "$word" "$1" "$2" "$3"
    if [ "$4" -gt 0 ]; then printf ', %s skipped' "$4"; fi
    printf '\n'
    if [ "$3" -gt 0 ]; then show_failures "$1" "${5:-}"; fi
}

# The tests of a log that failed, with what they said; where it names none, its end.
show_failures() { # NAME LOG
    local names=() name
    if [ -n "$2" ]; then mapfile -t names < <(grep -E '^(not ok |FAIL )|\.\.\. FAILED|^\[  FAILED  \].* ms' "$2" | head -n 20); fi
    if [ ${#names[@]} -eq 0 ]; then FAILURES+=("$1"); fi
    for name in "${names[@]}"; do FAILURES+=("$1: $name"); done
    if [ -n "$2" ]; then
        awk '/^not ok / { n = 25 } /^ok / { n = 0 } n-- > 0' "$2" | head -n 100 | sed 's/^/        | /'
        show_tail "$2"
    fi
}

show_tail() { # LOG [LINES]
    [ -s "$1" ] || return 0
    tail -n "${2:-${RETRY_LEDGER_TAIL:-30}}" "$1" | sed 's/^/        | /'
}

summary() {
    local failure
    for failure in "${FAILURES[@]}"; do printf 'failed: %s\n' "$failure"; done
    if [ "$SKIPPED" -gt 0 ]; then
        printf '%s passed, %s failed, %s skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
    else
        printf '%s passed, %s failed\n' "$PASSED" "$FAILED"
    fi
}

# Adds what another shell counted, of which `summary` is the end of the log.
add_summary() { # NAME LOG [PREFIX]
    mapfile -t -O ${#FAILURES[@]} FAILURES < <(sed -n "s/^failed: /${3:-}/p" "$2")
    if [[ $(tail -n 1 "$2") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
        PASSED=$((PASSED + BASH_REMATCH[1]))
        FAILED=$((FAILED + BASH_REMATCH[2]))
        SKIPPED=$((SKIPPED + ${BASH_REMATCH[4]:-0}))
    else
        failed "$1: the tests died" "$2"
    fi
}

# TAP at the outer level: prints `passed failed skipped`.  A plan that wasn't kept, or no plan, is a failure.
count_tap() { # LOG
    awk '
        /^ok /      { if ($0 ~ /# *[Ss][Kk][Ii][Pp]/) skip++; else pass++; next }
        /^not ok /  { if ($0 ~ /# *[Tt][Oo][Dd][Oo]/) skip++; else fail++; next }
        /^1\.\.0/   { skip++; planned = 1; ran = 0; next }
        /^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; planned = 1 }
        END {
            if (!planned || (plan && plan != pass + fail + skip)) fail++
            print pass + 0, fail + 0, skip + 0
        }' "$1"
}

# pg_regress and pg_isolation_regress; 15 writes `test name ... ok`, 16 and newer write TAP.
count_pg_regress() { # LOG
    awk '
        /^not ok [0-9]+ / || / \.\.\. FAILED/ { fail++; next }
        /^ok [0-9]+ /     || / \.\.\. ok/     { pass++ }
        END { print pass + 0, fail + 0 }' "$1"
}

count_gtest() { # LOG
    awk '
        /^\[       OK \]/                              { pass++ }
        /^\[  FAILED  \].*\([0-9]+ ms( total)?\)$/     { fail++ }
        /^\[  SKIPPED \].*\([0-9]+ ms( total)?\)$/     { skip++ }
        END { print pass + 0, fail + 0, skip + 0 }' "$1"
}

# `ok …`, `FAIL …` and `skip …` lines, as test/lint.sh writes them.
count_lines() { # LOG
    awk '
        /^ok /   { pass++ }
        /^FAIL / { fail++ }
        /^skip / { skip++ }
        END { print pass + 0, fail + 0, skip + 0 }' "$1"
}

# Adds what a runner's output says.  A runner that failed although it counted no failure is one failure more.
tally_run() { # NAME STATUS COUNTER LOG
    local pass fail skip
    read -r pass fail skip < <("$3" "$4")
    if [ "$fail" -eq 0 ] && { [ "$2" -ne 0 ] || [ $((pass + ${skip:-0})) -eq 0 ]; }; then
        fail=1
        printf '%s\n' "$1 ended with status $2 after $pass tests" >>"$4"
    fi
    tally "$1" "$pass" "$fail" "${skip:-0}" "$4"
}

# shellcheck shell=bash
# The suites of ./check: suite_NAME runs one and counts.  TREE is a built copy of the sources, STAGE what it
# installed, SERVER_ENV what the servers get into their environment; suite_asan runs others with its own.

TREE=
STAGE=
SERVER_ENV=()

# ---- the tree under test -------------------------------------------------------------------------------

# Builds and stages once; each suite that needs a server asks for it.
ensure_stage() {
    [ -z "$STAGE" ] || return 0
    TREE=$SCRATCH/tree STAGE=$SCRATCH/stage
    if ! logged "$LOGS/stage.log" copy_and_build "$TREE" "$STAGE" EXTRA_CXXFLAGS="$NO_DEBUG"; then
        STAGE=failed
        show_tail "$LOGS/stage.log"
    fi
}

# Debug information, which no test looks at, would be two fifths of a build.
NO_DEBUG=-g0

copy_and_build() { # TREE STAGE [MAKE ARGUMENT...]
    copy_tree "$1" && build_stage "$@"
}

staged() { # SUITE
    ensure_stage
    [ "$STAGE" != failed ] || {
        failed "$1: the build failed, there is nothing to test"
        return 1
    }
}

# Starts a server of SUITE's own and points libpq at it.
start_server() { # SUITE [SETTING...]
    local suite=$1 sockets=$SCRATCH/s/$1
    shift
    if ! create_server "$suite" "$sockets" "$@" ||
        ! start_data "$SCRATCH/data/$suite" "$LOGS/$suite-server.log" "${SERVER_ENV[@]}"; then
        cat "$LOGS/$suite-initdb.log" "$LOGS/$suite-server.log" >"$LOGS/$suite.log" 2>/dev/null
        failed "$suite: the server did not start" "$LOGS/$suite.log"
        return 1
    fi
    export PGHOST=$sockets PGPORT=5432 PGUSER=postgres
}

create_server() { # SUITE SOCKET_DIR [SETTING...]
    local data=$SCRATCH/data/$1 suite=$1 sockets=$2
    shift 2
    make_server_dir "$SCRATCH/data" && make_server_dir "$SCRATCH/s" && make_server_dir "$sockets" 0700 &&
        init_data "$data" "$LOGS/$suite-initdb.log" || return
    { server_settings "$STAGE" "$sockets" && printf '%s\n' "$@"; } |
        as_server_user tee -a "$data/postgresql.conf" >/dev/null
}

stop_server() { # SUITE
    stop_data "$SCRATCH/data/$1"
    unset PGHOST PGPORT PGUSER PGDATABASE
    # A backend that crashed is a failure even where every answer came; soaks kill some on purpose.
    if [ "$1" != soak ] && grep -qE 'terminated by signal|PANIC:|TRAP:' "$LOGS/$1-server.log"; then
        failed "$1: a server process crashed" "$LOGS/$1-server.log"
    fi
}

# Autovacuum holds locks, and changes plans, whenever it likes.
FAST=('fsync = off' 'full_page_writes = off' 'autovacuum = off')

# The extension in its schema, pgTAP (if asked for) in one of its own: what each test's database starts as.
make_template() { # [pgtap]
    psql_do postgres -c 'CREATE DATABASE retry_ledger_template' || return
    psql_do retry_ledger_template -c 'CREATE SCHEMA retry_ledger' \
        -c 'CREATE EXTENSION retry_ledger SCHEMA retry_ledger' || return
    [ "${1:-}" != pgtap ] || psql_do retry_ledger_template -c 'CREATE SCHEMA tap' -c 'CREATE EXTENSION pgtap SCHEMA tap'
}

fresh_database() { # NAME
    psql_do postgres -c "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)" \
        -c "CREATE DATABASE \"$1\" TEMPLATE retry_ledger_template" \
        -c "ALTER DATABASE \"$1\" SET search_path = public, retry_ledger, tap"
}

psql_do() { # DATABASE PSQL-ARGUMENT...
    local database=$1
    shift
    "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -d "$database" "$@"
}

# ---- suites ----------------------------------------------------------------------------------------------

# Both compilers (only g++ in the chroots of other majors, for time), warnings are errors.  The first one's result is what the other suites test.
suite_build() {
    local compiler tree optimize
    for compiler in ${RETRY_LEDGER_COMPILERS:-g++ clang++}; do
        # Only warnings are asked of the second compiler, and clang's come before it optimizes.
        tree=$SCRATCH/build-$compiler optimize=${RETRY_LEDGER_OPTIMIZE:-}
        [ -z "$STAGE" ] || optimize=-O0
        if logged "$LOGS/build-$compiler.log" \
            copy_and_build "$tree" "$SCRATCH/stage-$compiler" CXX="$compiler" EXTRA_CXXFLAGS="$NO_DEBUG $optimize"; then
            passed "compiles with $compiler $("$compiler" -dumpversion), no warnings"
            if [ -z "$STAGE" ]; then TREE=$tree STAGE=$SCRATCH/stage-$compiler; fi
        else
            failed "compiles with $compiler" "$LOGS/build-$compiler.log"
        fi
    done
}

# The files are named, since the copy isn't a git checkout.
suite_lint() {
    staged lint || return
    local files
    files=$(cd "$TREE" && find . -name '*.[ch]pp' | sort | tr '\n' ' ')
    logged "$LOGS/lint.log" as_server_user make -C "$TREE" lint PG_CONFIG="$PG_CONFIG" CPP_FILES="$files"
    tally_run lint $? count_lines "$LOGS/lint.log"
}

suite_unit() {
    staged unit || return
    logged "$LOGS/unit.log" as_server_user make -j"$(nproc)" -C "$TREE" unit PG_CONFIG="$PG_CONFIG"
    tally_run unit $? count_gtest "$LOGS/unit.log"
}

# `make installcheck` of DIR against a server of the suite's own.
pg_regress_in() { # SUITE DIR
    local status diffs name
    # Without a file to compare with, pg_regress gives up on all tests that follow.
    for name in $(names_in "$2/sql" sql); do
        [ -e "$2/expected/$name.out" ] || as_server_user touch "$2/expected/$name.out"
    done
    logged "$LOGS/$1.log" as_server_user make -C "$2" installcheck PG_CONFIG="$PG_CONFIG"
    status=$?
    diffs=$(find "$2" -name regression.diffs -size +0 | head -n 1)
    if [ -n "$diffs" ]; then
        cp "$diffs" "$LOGS/$1.diffs"
        head -n 60 "$diffs" >>"$LOGS/$1.log"
    fi
    RETRY_LEDGER_TAIL=80 tally_run "$1" $status count_pg_regress "$LOGS/$1.log"
}

suite_regress() {
    staged regress && start_server regress "${FAST[@]}" || return
    pg_regress_in regress "$TREE"
    stop_server regress
}

# The boundary's own test module, built and installed beside the extension.
suite_boundary() {
    staged boundary || return
    if ! logged "$LOGS/boundary-build.log" build_stage "$TREE/test/boundary" "$STAGE"; then
        failed "boundary: the module does not build" "$LOGS/boundary-build.log"
        return
    fi
    start_server boundary "${FAST[@]}" || return
    pg_regress_in boundary "$TREE/test/boundary"
    stop_server boundary
}

# Each file in a database of its own, with the extension and pgTAP there.
suite_pgtap() {
    staged pgtap && start_server pgtap "${FAST[@]}" || return
    if make_template pgtap >"$LOGS/pgtap-template.log" 2>&1; then
        local file
        for file in "$TREE"/test/pgtap/[!_]*.sql; do pgtap_file "$file"; done
    else
        failed "pgtap: CREATE EXTENSION" "$LOGS/pgtap-template.log"
    fi
    stop_server pgtap
}

pgtap_file() { # FILE
    local name log
    name=$(basename "$1" .sql)
    log=$LOGS/pgtap-$name.log
    fresh_database "$name" >"$log" 2>&1 || {
        failed "pgtap $name: no database" "$log"
        return
    }
    logged "$log" env -C "$TREE" PATH="$PG_BIN:$PATH" pg_prove --verbose --dbname "$name" "$1"
    tally_run "pgtap $name" $? count_tap "$log"
}

# Each spec in a database of its own: a governed table can't be dropped by a teardown.
suite_isolation() {
    staged isolation && start_server isolation "${FAST[@]}" || return
    if make_template >"$LOGS/isolation-template.log" 2>&1; then
        local spec
        for spec in "$TREE"/test/isolation/specs/*.spec; do isolation_spec "$(basename "$spec" .spec)"; done
    else
        failed "isolation: CREATE EXTENSION" "$LOGS/isolation-template.log"
    fi
    stop_server isolation
}

isolation_spec() { # NAME
    local log=$LOGS/isolation-$1.log out=$SCRATCH/isolation/$1 status
    make_server_dir "$SCRATCH/isolation" && make_server_dir "$out"
    if ! fresh_database "$1" >"$log" 2>&1; then
        failed "isolation $1: no database" "$log"
        return
    fi
    logged "$log" as_server_user "$PG_TESTS/isolation/pg_isolation_regress" --bindir="$PG_BIN" --use-existing \
        --dbname="$1" --inputdir="$TREE/test/isolation" --outputdir="$out" "$1"
    status=$?
    if [ -s "$out/regression.diffs" ]; then head -n 60 "$out/regression.diffs" >>"$log"; fi
    RETRY_LEDGER_TAIL=60 tally_run "isolation $1" $status count_pg_regress "$log"
}

# PostgreSQL's own harness makes the clusters; TEMP_CONFIG is appended to each one's postgresql.conf.
suite_cluster() {
    staged cluster && cluster_settings cluster || return
    cluster_files cluster "$TREE"/test/t/*.pl
}

# The crash tests alone: ./check --long makes a hundred crashes of them.
suite_crash() {
    staged crash && cluster_settings crash || return
    cluster_files crash "$TREE"/test/t/*_crash.pl
}

# Other people's extensions and programs, on servers that preload the library.
suite_neighbours() {
    local package
    staged neighbours && cluster_settings neighbours || return
    while IFS= read -r package; do
        ensure_packages "$LOGS/neighbours-packages.log" "$package" ||
            skipped "neighbours: $package" 'the package is not to be had'
    done < <(neighbours_for "$PG_PACKAGED")
    with_unpacked_programs neighbours cluster_files neighbours "$TREE"/test/neighbours/*.pl
}

cluster_settings() { # SUITE [SETTING...]
    local suite=$1
    shift
    { stage_settings "$STAGE" && printf '%s\n' "log_line_prefix = '%m [%p] %e '" "$@"; } >"$SCRATCH/$suite.conf"
}

# As many at a time as there are processors: they wait for servers more than they compute.
cluster_files() { # SUITE FILE...
    local suite=$1 file
    shift
    for file in "$@"; do
        while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do wait -n; done
        set -m
        cluster_file "$suite" "$file" &
        set +m
    done
    wait
    for file in "$@"; do cluster_tally "$suite" "$(basename "$file" .pl)"; done
}

cluster_file() { # SUITE FILE
    local suite=$1 name work log status harness
    name=$(basename "$2" .pl)
    work=$SCRATCH/$suite/$name log=$LOGS/$suite-$name.log
    make_server_dir "$SCRATCH/$suite" && make_server_dir "$work"
    as_server_user env -C "$work" TEMP_CONFIG="$SCRATCH/$suite.conf" PATH="$PG_BIN:$PATH" \
        TESTDIR="$work" TESTDATADIR="$work/data" TESTLOGDIR="$work/log" \
        PG_REGRESS="$PG_TESTS/regress/pg_regress" \
        prove --verbose -I "$PG_TESTS/perl" -I "$TREE/test/t" -I "$(dirname "$2")" "$2" >"$log" 2>&1 </dev/null
    status=$?
    # What the harness says of a test that died is in a log of its own.
    if [ $status -ne 0 ]; then
        harness=$(find "$work" -name "regress_log_$name" | head -n 1)
        tail -n 20 "${harness:-/dev/null}" >>"$log"
    fi
    printf '%s\n' "$status" >"$work.status"
}

# A file that was killed before it said its status has failed.
cluster_tally() { # SUITE NAME
    tally_run "$1 $2" "$(cat "$SCRATCH/$1/$2.status" 2>/dev/null || echo 1)" count_tap "$LOGS/$1-$2.log"
}

# Attacks on a server that some of them stop and start: see test/attacks/run.py.
suite_attacks() {
    # A subscription starts anew without its five seconds of rest.
    local conf=('wal_level = logical' 'max_prepared_transactions = 10' 'wal_retrieve_retry_interval = 100ms')
    # Sessions are short and plan much: keeping memory that they would return to the system and take again halves what
    # a look at the facts costs.  glibc alone reads this.
    local malloc='glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=268435456'
    local SERVER_ENV=("GLIBC_TUNABLES=$malloc")
    staged attacks && start_server attacks "${FAST[@]}" "${conf[@]}" || return
    logged "$LOGS/attacks.log" as_server_user env "${SERVER_ENV[@]}" ATTACK_BIN="$PG_BIN" \
        ATTACK_DATA="$SCRATCH/data/attacks" ATTACK_LOG="$LOGS/attacks-server.log" python3 "$TREE/test/attacks/run.py"
    tally_run attacks $? count_tap "$LOGS/attacks.log"
    stop_server attacks
}

# Programs that are given a server (PGHOST, PGPORT, PGUSER, PGDATABASE) with the extension installed in
# schema retry_ledger.  They write TAP, or their exit status is the one test; 77 means skipped.
run_programs() { # SUITE DATABASE-SETTINGS PROGRAM...
    local suite=$1 settings=$2 program
    shift 2
    mapfile -t settings <<<"$settings"
    start_server "$suite" "${settings[@]}" || return
    if make_template >"$LOGS/$suite-template.log" 2>&1; then
        for program in "$@"; do run_program "$suite" "$program"; done
    else
        failed "$suite: CREATE EXTENSION" "$LOGS/$suite-template.log"
    fi
    stop_server "$suite"
}

run_program() { # SUITE PROGRAM
    local name log status
    name=$(basename "$2")
    [ "$name" != run ] || name=$(basename "$(dirname "$2")")
    log=$LOGS/$1-$name.log
    fresh_database "$name" >"$log" 2>&1 || {
        failed "$1 $name: no database" "$log"
        return
    }
    logged "$log" env -C "$(dirname "$2")" PATH="$PG_BIN:$PATH" PGDATABASE="$name" "$2"
    status=$?
    if grep -qE '^1\.\.[0-9]' "$log"; then
        tally_run "$1 $name" $status count_tap "$log"
    elif [ $status -eq 77 ]; then
        skipped "$1 $name" "$(tail -n 1 "$log")"
    elif [ $status -eq 0 ]; then
        passed "$1 $name"
    else
        failed "$1 $name" "$log"
    fi
}

# Durable, as an application's server is: what a client was told must be true.
suite_clients() {
    staged clients || return
    local programs
    mapfile -t programs < <(find "$TREE/test/clients" -maxdepth 2 -name run -type f -perm -u+x 2>/dev/null | sort)
    [ ${#programs[@]} -gt 0 ] || return 0
    with_unpacked_programs clients run_programs clients 'max_connections = 100' "${programs[@]}"
}

# Whoever needs one that isn't to be had says so.
with_unpacked_programs() { # SUITE COMMAND...
    local packages missing dir=$SCRATCH/unpacked
    mapfile -t packages < <(unpacked_for "$1")
    mapfile -t missing < <(missing_packages "${packages[@]}")
    [ ${#missing[@]} -eq 0 ] || unpack_packages "$LOGS/unpacked.log" "$dir" "${missing[@]}" ||
        warn "Could not fetch ${missing[*]}: see unpacked.log"
    shift
    PATH=$dir/usr/bin:$dir/usr/sbin:$PATH "$@"
}

# Short by default; LONG=1 (./check --long) makes them long.
suite_soak() {
    staged soak || return
    local programs
    mapfile -t programs < <(find "$TREE/test/soak" -maxdepth 1 -type f -perm -u+x 2>/dev/null | sort)
    if [ ${#programs[@]} -eq 0 ]; then
        skipped soak 'there are no programs in test/soak'
        return
    fi
    run_programs soak 'max_connections = 100' "${programs[@]}"
}

# The demonstration, twice, as a reader of the README would run it.
suite_demo() {
    local dir=$SCRATCH/demo tree=$SCRATCH/demo-tree round
    copy_tree "$tree" || return
    for round in first second; do
        if logged "$LOGS/demo-$round.log" env RETRY_LEDGER_DEMO_DIR="$dir" "$tree/demo" --once; then
            passed "demo: the $round run"
        else
            failed "demo: the $round run" "$LOGS/demo-$round.log"
        fi
        if grep -q 'PB-S1 VIOLATION' "$LOGS/demo-$round.log"; then
            passed "demo: the $round run shows a refused mutation"
        else
            failed "demo: the $round run shows a refused mutation"
        fi
    done
    demo_leaves_nothing "$dir" "$tree"
}

demo_leaves_nothing() { # DIR TREE
    if data_running "$1/data"; then failed 'demo --once leaves no server'; else passed 'demo --once leaves no server'; fi
    if RETRY_LEDGER_DEMO_DIR=$1 "$2/demo" --clean >"$LOGS/demo-clean.log" 2>&1 && [ ! -e "$1" ]; then
        passed 'demo --clean removes everything'
    else
        failed 'demo --clean removes everything' "$LOGS/demo-clean.log"
    fi
}

# What a package of the extension would hold, and that no test is an orphan.
suite_package() {
    staged package || return
    local version share lib
    version=$(extension_version)
    share=$STAGE$("$PG_CONFIG" --sharedir)/extension lib=$STAGE$("$PG_CONFIG" --pkglibdir)
    package_is 'META.json has the control file'\''s version' grep -q "\"version\": \"$version\"" "$TREE/META.json"
    package_is 'installs the control file' test -s "$share/retry_ledger.control"
    package_is 'installs the script of this version' test -s "$share/retry_ledger--$version.sql"
    package_is 'installs the library' test -s "$lib/retry_ledger.so"
    package_is 'installs nothing unexpected' installs_only_its_own
    package_is 'every regression test has its expected output' pairs "$TREE/sql" sql "$TREE/expected" out
    package_is 'every isolation spec has its expected output' \
        pairs "$TREE/test/isolation/specs" spec "$TREE/test/isolation/expected" out
}

package_is() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$LOGS/package.log" 2>&1; then passed "package: $name"; else failed "package: $name" "$LOGS/package.log"; fi
}

installs_only_its_own() {
    ! (cd "$STAGE" && find . -type f -o -type l) |
        grep -vE '/extension/retry_ledger(--[0-9.]+)*\.(sql|control)$|/retry_ledger\.so$|\.md$|boundary'
}

# Same names in both folders.  PostgreSQL's alternative outputs (name_1.out) belong to name.
pairs() { # DIR EXTENSION DIR EXTENSION
    diff <(names_in "$1" "$2") <(names_in "$3" "$4" | sed -E 's/_[0-9]$//' | sort -u)
}
names_in() { find "$1" -maxdepth 1 -name "*.$2" -printf '%f\n' | sed "s/\.$2\$//" | sort; }

# ---- long suites -------------------------------------------------------------------------------------------

# The server itself isn't instrumented, so the runtime is preloaded into it.
suite_asan() {
    local TREE=$SCRATCH/tree-asan STAGE=$SCRATCH/stage-asan SERVER_ENV=() LOGS=$LOGS/asan
    local flags='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'
    make_server_dir "$LOGS"
    if ! logged "$LOGS/build.log" copy_and_build "$TREE" "$STAGE" CXX="g++ $flags" CC="gcc $flags"; then
        failed 'asan: build' "$LOGS/build.log"
        return
    fi
    sanitizer_environment || {
        failed 'asan: preload library' "$LOGS/build.log"
        return
    }
    rm -rf "$SCRATCH/data/regress" "$SCRATCH/data/pgtap" "$SCRATCH/data/isolation"
    suite_regress
    suite_pgtap
    suite_isolation
    sanitizer_verdict
}

sanitizer_environment() {
    local libraries
    libraries=$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)
    make_server_dir "$SCRATCH/asan"
    if ! needs_init_first; then :; elif as_server_user gcc -shared -fPIC -Wl,-z,initfirst \
        -o "$SCRATCH/asan/first.so" "$REPO/test/lib/init_first.c" >>"$LOGS/build.log" 2>&1; then
        libraries+=:$SCRATCH/asan/first.so
    else
        return 1
    fi
    SERVER_ENV=("LD_PRELOAD=$libraries"
        "ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=1:log_path=$SCRATCH/asan/report"
        "UBSAN_OPTIONS=print_stacktrace=1:log_path=$SCRATCH/asan/report")
}

# glibc up to 2.36 (bookworm) needs it: see init_first.c.
needs_init_first() { [ "$(ldd --version | sed -n '1s/.*2\.\([0-9]*\)$/\1/p')" -le 36 ]; }

sanitizer_verdict() {
    if compgen -G "$SCRATCH/asan/report.*" >/dev/null; then
        cat "$SCRATCH"/asan/report.* >"$LOGS/reports.log"
        failed 'asan: the sanitizers report' "$LOGS/reports.log"
    else
        passed 'asan: no report'
    fi
}

# Random queries over everything that the extension declares: the server stays up, nothing is an internal error.
suite_sqlsmith() {
    if ! ensure_packages "$LOGS/sqlsmith-packages.log" sqlsmith; then
        skipped sqlsmith 'the package is not to be had'
        return
    fi
    staged sqlsmith && start_server sqlsmith "${FAST[@]}" 'statement_timeout = 5s' 'log_error_verbosity = verbose' ||
        return
    if ! adopted_database smith >"$LOGS/sqlsmith-database.log" 2>&1; then
        failed 'sqlsmith: no database' "$LOGS/sqlsmith-database.log"
        stop_server sqlsmith
        return
    fi
    logged "$LOGS/sqlsmith.log" sqlsmith --target="host=$PGHOST port=$PGPORT user=$PGUSER dbname=smith" \
        --exclude-catalog --max-queries="${SQLSMITH_QUERIES:-100000}"
    local status=$?
    if [ $status -eq 0 ]; then passed 'sqlsmith: ran to its end'; else failed 'sqlsmith: ran to its end' "$LOGS/sqlsmith.log"; fi
    sqlsmith_verdict
    stop_server sqlsmith
}

# Scenario W with its rows, adopted.
adopted_database() { # NAME
    local dir=$TREE/examples/worker_runs
    psql_do postgres -c "CREATE DATABASE $1" &&
        psql_do "$1" -f "$dir/tables.sql" -f "$dir/runs.sql" -f "$dir/adopt.sql"
}

# PostgreSQL itself answers some random queries with an internal error, so only those that our C++ raised count;
# the others are there to be read.
sqlsmith_verdict() {
    grep -a ' XX000 ' "$LOGS/sqlsmith-server.log" >"$LOGS/sqlsmith-internal.log"
    grep -aB 3 'LOCATION: .*\.[ch]pp:' "$LOGS/sqlsmith-internal.log" >"$LOGS/sqlsmith-ours.log"
    if [ -s "$LOGS/sqlsmith-ours.log" ]; then
        failed 'sqlsmith: no internal error of ours' "$LOGS/sqlsmith-ours.log"
    else
        passed 'sqlsmith: no internal error of ours'
    fi
    say "        $(grep -ac ' ERROR: ' "$LOGS/sqlsmith-internal.log") internal errors of PostgreSQL's:"
    grep -aoE 'XX000 ERROR: .{0,100}' "$LOGS/sqlsmith-internal.log" | sed -E 's/0x[0-9a-f]+|[0-9]+/N/g' | sort |
        uniq -c | sort -rn | head -n 10 | sed 's/^/        /'
}

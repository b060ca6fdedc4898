# shellcheck shell=bash
# role: owner
# tries: to bring births, ends and files to the application's tables as they please, by a subscription to a publisher of its own
# none: bites
# guarded: held
# locked: held
# From 16 on whoever has pg_create_subscription makes it himself; before, a superuser who is none any more.
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
admin() { psql -U postgres "$@"; }
publisher() { admin -d attack_mine "$@"; }
admin -d postgres -c 'CREATE DATABASE attack_mine'
publisher -c 'CREATE SCHEMA app' \
    -c 'CREATE TABLE app.runs (id bigint PRIMARY KEY, tenant_id text, status text, error text, parent_run_id bigint, attempt int, is_retry boolean)' \
    -c 'CREATE TABLE app.flow_files (id bigint PRIMARY KEY, run_id bigint, file_index int, status text)' \
    -c "INSERT INTO app.runs VALUES (5, 't1', 'running', NULL, NULL, 1, false)" -c 'CREATE PUBLICATION mine FOR ALL TABLES'

# An apply worker that was refused goes no further.
apply() { # COPY CHANGE...
    local copy=$1 changes=() change
    shift
    for change in "$@"; do changes+=(-c "$change"); done
    publisher -c "SELECT pg_create_logical_replication_slot('mine', 'pgoutput')" "${changes[@]}"
    admin -c 'ALTER ROLE attack_owner SUPERUSER'
    psql -c "CREATE SUBSCRIPTION mine CONNECTION 'host=$PGHOST port=$PGPORT user=postgres dbname=attack_mine' PUBLICATION mine
        WITH (create_slot = false, slot_name = 'mine', copy_data = $copy, disable_on_error = true, enabled = false)"
    [ "$(admin -c 'SHOW server_version_num')" -lt 160000 ] || admin -c 'ALTER SUBSCRIPTION mine SET (password_required = false)'
    admin -c 'ALTER ROLE attack_owner NOSUPERUSER' -c 'ALTER SUBSCRIPTION mine ENABLE'
    local target
    target=$(publisher -c 'SELECT pg_current_wal_lsn()')
    for _ in $(seq 100); do
        [ "$(admin -c "SELECT NOT subenabled OR NOT EXISTS (SELECT FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's'))
            AND EXISTS (SELECT FROM pg_stat_subscription WHERE latest_end_lsn >= '$target')
            FROM pg_subscription WHERE subname = 'mine'")" = f ] || break
        sleep 0.05
    done
    admin -c "SELECT subname, subowner::regrole, subenabled FROM pg_subscription"
    admin -c 'ALTER SUBSCRIPTION mine DISABLE' -c 'ALTER SUBSCRIPTION mine SET (slot_name = NONE)' -c 'DROP SUBSCRIPTION mine'
    for _ in $(seq 100); do
        ! publisher -c "SELECT pg_drop_replication_slot('mine')" >/dev/null 2>&1 || break
        sleep 0.05
    done
}
# The end is as good as anybody's, if the ledger has it.
apply false "UPDATE app.runs SET status = 'completed' WHERE id = 5" \
    "INSERT INTO app.runs VALUES (800, 't1', 'completed', NULL, NULL, 1, false), (801, 't1', 'queued', NULL, 2, 3, true)"
apply true "TRUNCATE app.runs" "INSERT INTO app.runs VALUES (802, 't1', 'completed', NULL, NULL, 1, false)" \
    "INSERT INTO app.flow_files VALUES (900, 3, 7, 'completed')"
psql -c 'SELECT id, status, parent_run_id, attempt FROM app.runs WHERE id >= 800' -c 'SELECT * FROM app.flow_files WHERE id >= 900'
admin -d postgres -c 'DROP DATABASE attack_mine WITH (FORCE)'

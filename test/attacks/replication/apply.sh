# shellcheck shell=bash
# role: superuser
# tries: changes and deletions that logical replication applies
# none: bites
# guarded: held
# locked: held
# A database beside this one has a table of the same name that nobody governs, and publishes it.
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
publisher() { psql -d attack_publisher "$@"; }
psql -d postgres -c 'DROP DATABASE IF EXISTS attack_publisher WITH (FORCE)' -c 'CREATE DATABASE attack_publisher'
publisher -c 'CREATE SCHEMA app' \
    -c 'CREATE TABLE app.runs (id bigint PRIMARY KEY, tenant_id text, status text, error text)' \
    -c "INSERT INTO app.runs SELECT i, 't1', 'failed', 'x' FROM generate_series(2, 7) i" \
    -c 'CREATE PUBLICATION attack FOR TABLE app.runs' \
    -c "SELECT pg_create_logical_replication_slot('attack', 'pgoutput')"

# One change for each subscription: an apply worker that was refused goes no further.
apply() { # NAME CHANGE
    publisher -c "$2"
    psql -c "CREATE SUBSCRIPTION attack CONNECTION 'host=$PGHOST port=$PGPORT user=$PGUSER dbname=attack_publisher'
        PUBLICATION attack WITH (create_slot = false, slot_name = 'attack', copy_data = false, disable_on_error = true)"
    local target
    target=$(publisher -c 'SELECT pg_current_wal_lsn()')
    for _ in $(seq 200); do
        [ "$(psql -c "SELECT NOT subenabled OR EXISTS (SELECT FROM pg_stat_subscription WHERE latest_end_lsn >= '$target')
            FROM pg_subscription WHERE subname = 'attack'")" = f ] || break
        sleep 0.05
    done
    psql -c "SELECT 'enabled: ' || subenabled FROM pg_subscription WHERE subname = 'attack'"
    psql -c 'ALTER SUBSCRIPTION attack DISABLE' -c 'ALTER SUBSCRIPTION attack SET (slot_name = NONE)' -c 'DROP SUBSCRIPTION attack'
    for _ in $(seq 100); do
        ! publisher -c "SELECT pg_replication_slot_advance('attack', pg_current_wal_lsn())" >/dev/null 2>&1 || break
        sleep 0.05
    done
}
apply change "UPDATE app.runs SET error = 'applied' WHERE id = 2"
apply removal 'DELETE FROM app.runs WHERE id = 7'
apply key 'UPDATE app.runs SET id = 1005 WHERE id = 5'
apply truncation 'TRUNCATE app.runs'
for _ in $(seq 100); do
    [ "$(publisher -c "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'attack' AND active")" != 0 ] || break
    sleep 0.05
done
publisher -c "SELECT pg_drop_replication_slot('attack')"
psql -d postgres -c 'DROP DATABASE attack_publisher WITH (FORCE)'

# shellcheck shell=bash
# role: superuser
# tries: a subscription that frees keys, and forgets that a restore is over, to add rows to our own tables
# none: bites
# guarded: not held
# locked: held
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
publisher() { psql -d attack_own "$@"; }
psql -d postgres -c 'CREATE DATABASE attack_own'
publisher -c 'CREATE SCHEMA retry_ledger' \
    -c 'CREATE TABLE retry_ledger.run_key (run_table text, run_key text, PRIMARY KEY (run_table, run_key))' \
    -c "INSERT INTO retry_ledger.run_key VALUES ('app.day_runs', '1')"

# One change for each subscription: an apply worker that was refused goes no further.
apply() { # NAME TABLE CHANGE
    publisher -c "CREATE PUBLICATION $1 FOR TABLE retry_ledger.$2" -c "SELECT pg_create_logical_replication_slot('$1', 'pgoutput')"
    psql -c "CREATE SUBSCRIPTION $1 CONNECTION 'host=$PGHOST port=$PGPORT user=$PGUSER dbname=attack_own' PUBLICATION $1
            WITH (create_slot = false, slot_name = '$1', copy_data = false, disable_on_error = true)"
    publisher -c "$3"
    for _ in $(seq 100); do
        [ "$(psql -c "SELECT NOT subenabled FROM pg_subscription WHERE subname = '$1'")" = t ] && break
        [ "$(publisher -c "SELECT confirmed_flush_lsn >= pg_current_wal_flush_lsn() FROM pg_replication_slots WHERE slot_name = '$1'")" = t ] && break
        sleep 0.1
    done
    psql -c "ALTER SUBSCRIPTION $1 DISABLE" -c "ALTER SUBSCRIPTION $1 SET (slot_name = NONE)" -c "DROP SUBSCRIPTION $1"
    publisher -c "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = '$1' AND active"
    publisher -c "SELECT pg_drop_replication_slot('$1')"
}
apply own_key run_key 'DELETE FROM retry_ledger.run_key'
apply own_all run_key 'TRUNCATE retry_ledger.run_key'
publisher -c 'CREATE TABLE retry_ledger.in_use (since timestamptz)' -c 'ALTER TABLE retry_ledger.in_use REPLICA IDENTITY FULL' \
    -c "INSERT INTO retry_ledger.in_use VALUES (nullif('$(psql -c 'SELECT since FROM retry_ledger.in_use')', '')::timestamptz)"
apply own_use in_use 'DELETE FROM retry_ledger.in_use'
psql -c "INSERT INTO retry_ledger.retry (retry_id, run_table, tenant, parent_key, retry_key, attempt, original_status, reason, actor, retried_at)
    VALUES (gen_random_uuid(), 'app.runs', 't1', '2', '6', 2, 'failed', 'forged', 'somebody', now())"
psql -c "INSERT INTO app.day_runs (id, day) VALUES (1, '2024-02-05')"
psql -d postgres -c 'DROP DATABASE attack_own WITH (FORCE)'

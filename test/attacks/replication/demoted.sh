# shellcheck shell=bash
# role: superuser
# tries: a subscription to our own tables whose owner is a superuser no more, or another role
# none: bites
# guarded: not held
# locked: held
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
publisher() { psql -d attack_demoted "$@"; }
psql -d postgres -c 'CREATE DATABASE attack_demoted' -c 'CREATE ROLE attack_demoted SUPERUSER LOGIN'
publisher -c 'CREATE SCHEMA retry_ledger' -c 'CREATE TABLE retry_ledger.retry (retry_id uuid PRIMARY KEY, run_table text, tenant text,
    parent_key text, retry_key text, attempt int, original_status text, reason text, actor text, retried_at timestamptz)' \
    -c 'CREATE PUBLICATION demoted FOR ALL TABLES' -c "SELECT pg_create_logical_replication_slot('demoted', 'pgoutput')"
psql -U attack_demoted -c "CREATE SUBSCRIPTION demoted CONNECTION 'host=$PGHOST port=$PGPORT user=postgres dbname=attack_demoted' PUBLICATION demoted
    WITH (create_slot = false, slot_name = 'demoted', copy_data = false, disable_on_error = true)"
[ "$(psql -c 'SHOW server_version_num')" -lt 160000 ] ||
    psql -c 'ALTER SUBSCRIPTION demoted SET (password_required = false, run_as_owner = true)'
psql -c 'GRANT pg_write_all_data TO attack_demoted' -c 'ALTER ROLE attack_demoted NOSUPERUSER'
publisher -c "INSERT INTO retry_ledger.retry VALUES (gen_random_uuid(), 'app.runs', 't1', '2', '6', 2, 'failed', 'forged', 'somebody', now())"
target=$(publisher -c 'SELECT pg_current_wal_lsn()')
for _ in $(seq 100); do
    [ "$(psql -c "SELECT NOT subenabled OR EXISTS (SELECT FROM pg_stat_subscription WHERE latest_end_lsn >= '$target')
        FROM pg_subscription WHERE subname = 'demoted'")" = f ] || break
    sleep 0.05
done
psql -c 'SELECT subname, subowner::regrole, subenabled FROM pg_subscription' \
    -c "SELECT original_run_id, retry_run_id, reason FROM app.runs_retry_history WHERE original_run_id = '2'"
psql -c 'ALTER SUBSCRIPTION demoted DISABLE' -c 'ALTER SUBSCRIPTION demoted SET (slot_name = NONE)' -c 'DROP SUBSCRIPTION demoted'
for _ in $(seq 100); do
    ! publisher -c "SELECT pg_drop_replication_slot('demoted')" >/dev/null 2>&1 || break
    sleep 0.05
done
psql -d postgres -c 'DROP DATABASE attack_demoted WITH (FORCE)' -c 'DROP ROLE attack_demoted'

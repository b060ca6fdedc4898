# shellcheck shell=bash
# role: owner
# tries: births and an end that a BEFORE trigger of the application makes of rows that a superuser's subscription brings, and that are taken as found
# none: bites
# guarded: held
# locked: held
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
publisher() { psql -U postgres -d attack_twist "$@"; }
psql -U postgres -d postgres -c 'CREATE DATABASE attack_twist'
publisher -c 'CREATE SCHEMA app' -c 'CREATE TABLE app.runs (id bigint PRIMARY KEY, tenant_id text, status text)' \
    -c 'CREATE PUBLICATION runs FOR TABLE app.runs' -c "SELECT pg_create_logical_replication_slot('twist', 'pgoutput')"
psql <<'SQL'
CREATE FUNCTION app.twist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.parent_run_id := 3; NEW.attempt := 2; NEW.is_retry := true; NEW.status := 'completed';
  RETURN NEW;
END $$;
CREATE TRIGGER zz BEFORE INSERT ON app.runs FOR EACH ROW EXECUTE FUNCTION app.twist();
ALTER TABLE app.runs ENABLE ALWAYS TRIGGER zz;
SQL
psql -U postgres -c "CREATE SUBSCRIPTION twist CONNECTION 'host=$PGHOST port=$PGPORT user=postgres dbname=attack_twist' PUBLICATION runs
        WITH (create_slot = false, slot_name = 'twist', copy_data = false, disable_on_error = true)"
publisher -c "INSERT INTO app.runs VALUES (901, 't1', 'queued')"
for _ in $(seq 100); do
    [ "$(psql -U postgres -c "SELECT NOT subenabled OR EXISTS (SELECT FROM app.runs WHERE id = 901) FROM pg_subscription WHERE subname = 'twist'")" = t ] && break
    sleep 0.1
done
psql -U postgres -c 'ALTER SUBSCRIPTION twist DISABLE' -c 'ALTER SUBSCRIPTION twist SET (slot_name = NONE)' -c 'DROP SUBSCRIPTION twist'
publisher -c "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = 'twist' AND active"
publisher -c "SELECT pg_drop_replication_slot('twist')"
psql -U postgres -d postgres -c 'DROP DATABASE attack_twist WITH (FORCE)'

# shellcheck shell=bash
# role: owner
# tries: births by a trigger and by a default of the application in an apply worker, where births are taken as found
# none: bites
# guarded: held
# locked: held
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
publisher() { psql -U postgres -d attack_rings "$@"; }
# What a database administrator has set up: tables of the application that subscriptions fill.
psql -U postgres -d postgres -c 'CREATE DATABASE attack_rings'
publisher -c 'CREATE SCHEMA app' -c 'CREATE TABLE app.bell (a int PRIMARY KEY)' -c 'CREATE TABLE app.gong (a int PRIMARY KEY)'
psql <<'SQL'
CREATE FUNCTION app.forge(status text, id bigint) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO app.runs (id, tenant_id, status, parent_run_id, attempt, is_retry) VALUES (id, 't1', status, 3, 2, true);
  RETURN 1;
END $$;
CREATE FUNCTION app.ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM app.forge('completed', 701);
  UPDATE app.runs SET status = 'completed' WHERE id = 5;
  RETURN NULL;
END $$;
CREATE TABLE app.bell (a int PRIMARY KEY);
CREATE TRIGGER ring AFTER INSERT ON app.bell FOR EACH ROW EXECUTE FUNCTION app.ring();
ALTER TABLE app.bell ENABLE ALWAYS TRIGGER ring;
CREATE TABLE app.gong (a int PRIMARY KEY, b int DEFAULT app.forge('failed', 702));
SQL
for name in bell gong; do
    publisher -c "CREATE PUBLICATION $name FOR TABLE app.$name" -c "SELECT pg_create_logical_replication_slot('ring_$name', 'pgoutput')"
    psql -U postgres -c "CREATE SUBSCRIPTION $name CONNECTION 'host=$PGHOST port=$PGPORT user=postgres dbname=attack_rings' PUBLICATION $name
            WITH (create_slot = false, slot_name = 'ring_$name', copy_data = false, disable_on_error = true)"
    publisher -c "INSERT INTO app.$name VALUES (1)"
    for _ in $(seq 100); do
        [ "$(psql -U postgres -c "SELECT NOT subenabled OR EXISTS (SELECT FROM app.$name) FROM pg_subscription WHERE subname = '$name'")" = t ] && break
        sleep 0.1
    done
    psql -U postgres -c "ALTER SUBSCRIPTION $name DISABLE" -c "ALTER SUBSCRIPTION $name SET (slot_name = NONE)" -c "DROP SUBSCRIPTION $name"
    publisher -c "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = 'ring_$name' AND active"
    publisher -c "SELECT pg_drop_replication_slot('ring_$name')"
done
psql -U postgres -d postgres -c 'DROP DATABASE attack_rings WITH (FORCE)'

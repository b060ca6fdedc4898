# shellcheck shell=bash
# role: superuser
# tries: to release alone, approved by an apply worker that acts for a colleague who knows nothing of it
# none: bites
# guarded: not held
# locked: held
# detected: released
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
publisher() { psql -d attack_bells "$@"; }
# What was there before: a colleague, who alone can log in as himself.
psql -d postgres -c 'CREATE ROLE attack_colleague SUPERUSER LOGIN' -c 'CREATE DATABASE attack_bells'
publisher -c 'CREATE TABLE public.bell (a int PRIMARY KEY)' -c 'CREATE PUBLICATION bell FOR TABLE public.bell' \
    -c "SELECT pg_create_logical_replication_slot('bell', 'pgoutput')"
psql <<'SQL'
CREATE TABLE public.bell (a int PRIMARY KEY);
CREATE FUNCTION public.ring() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM retry_ledger.approve_release('app.log'); RETURN NULL; END $$;
CREATE TRIGGER ring AFTER INSERT ON public.bell FOR EACH ROW EXECUTE FUNCTION public.ring();
ALTER TABLE public.bell ENABLE ALWAYS TRIGGER ring;
ALTER TABLE public.bell OWNER TO attack_colleague;
SELECT retry_ledger.release_governance('app.log', 'mine');
SQL
psql -c "CREATE SUBSCRIPTION bell CONNECTION 'host=$PGHOST port=$PGPORT user=$PGUSER dbname=attack_bells' PUBLICATION bell
        WITH (create_slot = false, enabled = false, slot_name = 'bell', copy_data = false, disable_on_error = true)" \
    -c 'ALTER SUBSCRIPTION bell OWNER TO attack_colleague' -c 'ALTER SUBSCRIPTION bell ENABLE'
publisher -c 'INSERT INTO public.bell VALUES (1)'
for _ in $(seq 100); do
    [ "$(psql -c "SELECT NOT subenabled OR EXISTS (SELECT FROM public.bell) FROM pg_subscription WHERE subname = 'bell'")" = t ] && break
    sleep 0.1
done
psql -c 'ALTER SUBSCRIPTION bell DISABLE' -c 'ALTER SUBSCRIPTION bell SET (slot_name = NONE)' -c 'DROP SUBSCRIPTION bell'
psql -c "UPDATE app.log SET what = 'x'" -c 'DROP OWNED BY attack_colleague CASCADE'
psql -d postgres -c "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = 'bell' AND active"
publisher -c "SELECT pg_drop_replication_slot('bell')"
psql -d postgres -c 'DROP DATABASE attack_bells WITH (FORCE)' -c 'DROP ROLE attack_colleague'

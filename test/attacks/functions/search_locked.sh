# shellcheck shell=bash
# role: app
# tries: to have its code run by a superuser who looks for a run by its id alone: a lock on the application's table lets the look at that one fail
# none: harmless
# guarded: held
# locked: held
# In a database where all keys are uuids: elsewhere tables must be named.  What goes wrong is reported to the attacked one.
sql() { "$ATTACK_BIN/psql" -X -q -U "$1" -d "$2" -v VERBOSITY=verbose; }
other=${PGDATABASE}_uuid
echo "CREATE DATABASE $other" | sql postgres postgres
sql postgres "$other" <<'S'
CREATE SCHEMA retry_ledger;
CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
GRANT USAGE ON SCHEMA retry_ledger TO PUBLIC;
GRANT CREATE ON SCHEMA public TO PUBLIC;
CREATE TABLE public.seen (who text);
GRANT INSERT ON public.seen TO PUBLIC;
SET ROLE attack_owner;
CREATE TABLE public.runs (id uuid PRIMARY KEY, tenant_id text, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.runs');
INSERT INTO public.runs VALUES ('11111111-1111-1111-1111-111111111111', 't1', 'queued');
UPDATE public.runs SET status = 'failed';
GRANT SELECT, INSERT, UPDATE ON public.runs TO attack_app;
S
sql attack_app "$other" <<'S'
CREATE FUNCTION public.strike() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO public.seen SELECT current_user WHERE current_user <> 'attack_app'; RETURN NEW; END$$;
CREATE TABLE public.mine (id uuid PRIMARY KEY, tenant_id text, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.mine');
INSERT INTO public.mine SELECT id, 't1', 'queued' FROM public.runs;
UPDATE public.mine SET status = 'failed';
CREATE TRIGGER strike BEFORE INSERT ON public.mine FOR EACH ROW EXECUTE FUNCTION public.strike();
GRANT ALL ON public.mine TO PUBLIC;
S
sql attack_app "$other" <<'S' &
BEGIN; LOCK TABLE public.runs IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1);
S
sleep 0.4
echo "SET lock_timeout = '100ms'; SELECT * FROM retry_ledger.retry_run('11111111-1111-1111-1111-111111111111')" | sql postgres "$other"
wait
seen=$("$ATTACK_BIN/psql" -XAt -U postgres -d "$other" -c 'SELECT DISTINCT who FROM public.seen')
echo "seen: $seen"
[ -z "$seen" ] || echo 'CREATE TABLE app.ran_as_superuser ()' | sql postgres "$PGDATABASE"
echo "DROP DATABASE $other" | sql postgres postgres

# shellcheck shell=bash
# role: app
# login: attack_tenant
# tries: to have its code run by whoever looks for a run by its id alone: tables with uuid keys of its own, a domain and a policy
# none: harmless
# guarded: held
# locked: held
# In a database where all keys are uuids: elsewhere tables must be named.  What goes wrong is reported to the attacked one.
sql() { "$ATTACK_BIN/psql" -X -q -U "$1" -d "$2" -v ON_ERROR_STOP=1 -v VERBOSITY=verbose; }
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
INSERT INTO public.runs SELECT concat(i, '1111111-1111-1111-1111-111111111111')::uuid, 't1', 'queued' FROM generate_series(1, 2) i;
UPDATE public.runs SET status = 'failed';
S
sql attack_tenant "$other" <<'S'
CREATE FUNCTION public.strike() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO public.seen SELECT current_user WHERE current_user <> 'attack_tenant'; RETURN true; END$$;
CREATE DOMAIN public.key AS uuid CHECK (public.strike() OR VALUE IS NULL);
CREATE TABLE public.mine (id public.key PRIMARY KEY, tenant_id text, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.mine');
CREATE TABLE public.other (id uuid PRIMARY KEY, tenant_id text, status text);
ALTER TABLE public.other ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON public.other USING (public.strike());
SELECT count(*) FROM retry_ledger.govern_runs('public.other');
INSERT INTO public.other SELECT concat(i, '1111111-1111-1111-1111-111111111111')::uuid, 't1', 'queued' FROM generate_series(2, 3) i;
GRANT SELECT ON public.mine, public.other TO PUBLIC;
REVOKE SELECT ON public.mine FROM attack_tenant;
S
echo "SELECT run_id FROM retry_ledger.retry_lineage('31111111-1111-1111-1111-111111111111')" | sql attack_owner "$other"
sql attack_owner "$other" <<'S' || echo "INSERT INTO public.seen VALUES ('refused')" | sql postgres "$other"
INSERT INTO public.seen SELECT 'not accepted' WHERE (
  SELECT decision FROM retry_ledger.retry_run('21111111-1111-1111-1111-111111111111', new_run_id => '41111111-1111-1111-1111-111111111111')) <> 'accepted';
S
sql postgres "$other" <<'S'
SELECT decision FROM retry_ledger.plan_retry('11111111-1111-1111-1111-111111111111');
SELECT run_id, status FROM retry_ledger.retry_lineage('31111111-1111-1111-1111-111111111111');
S
seen=$("$ATTACK_BIN/psql" -XAt -U postgres -d "$other" -c 'SELECT DISTINCT who FROM public.seen')
echo "seen: $seen"
[ -z "$seen" ] || echo 'CREATE TABLE app.ran_as_superuser ()' | sql postgres "$PGDATABASE"
echo "DROP DATABASE $other" | sql postgres postgres

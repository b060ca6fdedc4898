-- role: owner
-- tries: to have code run by a superuser who plans a retry, a bulk rerun or looks at a lineage: domains' CHECKs, casts to json
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION public.told() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
  IF current_user = 'postgres' THEN CREATE TABLE app.ran_as_superuser (); END IF; RETURN true; END$$;
CREATE DOMAIN public.key AS text CHECK (public.told() OR VALUE IS NULL);
CREATE TYPE public.thing AS ENUM ('x', 'y');
CREATE FUNCTION public.as_json(public.thing) RETURNS json LANGUAGE plpgsql AS $$BEGIN PERFORM public.told(); RETURN '{}'; END$$;
CREATE CAST (public.thing AS json) WITH FUNCTION public.as_json(public.thing);
CREATE FUNCTION app.checked(jsonb) RETURNS text LANGUAGE sql STABLE AS $$SELECT NULL::text$$;
CREATE TABLE public.keyed (id public.key PRIMARY KEY DEFAULT gen_random_uuid(), status text, tenant_id text, thing public.thing, what public.key);
SELECT count(*) FROM govern_runs('public.keyed');
SELECT set_retry_policy('public.keyed', environment => 'staging');
SELECT set_work_queue('public.keyed', check_function => 'app.checked(jsonb)');
INSERT INTO public.keyed (id, status, thing, what) VALUES ('a', 'queued', 'x', 'it');
UPDATE public.keyed SET status = 'failed';
SELECT decision FROM plan_retry('a', run_table => 'public.keyed', overrides => '{"what": "that"}');
\c - postgres
SELECT decision FROM plan_retry('a', run_table => 'public.keyed');
SELECT decision FROM plan_retry('a', run_table => 'public.keyed', overrides => '{"what": "that"}');
SELECT count(*) FROM retry_lineage('a', run_table => 'public.keyed');
SELECT rerun_failed_jobs('{"what": "it"}', dry_run => true, run_table => 'public.keyed');
-- guard_status() names it as long as it is there.
DROP CAST (public.thing AS json);

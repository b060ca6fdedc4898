-- role: superuser
-- tries: to hide rows by a partial index whose predicate says something else later
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION public.hidden() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'zzz'::text $$;
CREATE INDEX ON app.runs (status) WHERE status > public.hidden();
CREATE INDEX ON app.tenant_runs (status) WHERE status > public.hidden();
CREATE OR REPLACE FUNCTION public.hidden() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT ''::text $$;
SELECT format('ALTER DATABASE %I SET enable_seqscan = off', current_database()) \gexec

-- role: app
-- tries: to hide other tables' retries from whoever reads retry_history: a policy of a table of its own sets what their policies go by
-- none: harmless
-- guarded: held
-- locked: held
-- setup: SET ROLE attack_owner; CREATE TABLE app.m (id bigint PRIMARY KEY, tenant text, status text DEFAULT 'queued', error text); ALTER TABLE app.m ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON app.m TO attack_tenant USING (tenant = current_setting('app.tenant', true)); SELECT retry_ledger.govern_runs('app.m', tenant_column => 'tenant'); GRANT SELECT ON app.m TO attack_tenant; INSERT INTO app.m (id, tenant) VALUES (1, 't1'); UPDATE app.m SET status = 'failed'; SELECT retry_ledger.retry_run('1', run_table => 'app.m', new_run_id => '2')
CREATE TABLE public.aa (id bigint PRIMARY KEY, status text DEFAULT 'queued', error text);
ALTER TABLE public.aa ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.evil() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN PERFORM set_config('app.tenant', 'nobody', false); RETURN true; END$$;
CREATE POLICY p ON public.aa USING (public.evil());
GRANT SELECT ON public.aa TO PUBLIC;
SELECT retry_ledger.govern_runs('public.aa');
INSERT INTO public.aa VALUES (1);
UPDATE public.aa SET status = 'failed';
SELECT retry_ledger.retry_run('1', run_table => 'public.aa', new_run_id => '2');
\c - attack_tenant
SET app.tenant = 't1';
SELECT run_table, original_run_id FROM retry_ledger.retry_history ORDER BY retried_at DESC;
SELECT NOT EXISTS (SELECT FROM retry_ledger.retry_history WHERE run_table = 'app.m') OR current_setting('app.tenant') <> 't1' AS hidden \gset
\c - postgres
\if :hidden
REVOKE SELECT ON app.log FROM attack_app;
\endif

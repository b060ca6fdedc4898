-- role: app
-- login: attack_tenant
-- tries: to read another tenant's answer by the request_id that it was given, and to have one of its own given to the owner
-- none: harmless
-- guarded: held
-- locked: held
-- setup: SELECT set_retry_policy('app.tenant_runs', environment => 'staging'); SELECT rerun_failed_jobs('{"tenant_id": "t2"}', request_id => 'nightly', run_table => 'app.tenant_runs');
CREATE FUNCTION public.rerun(request text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT retry_ledger.rerun_failed_jobs('{"tenant_id": "t2"}', request_id => request, run_table => 'app.tenant_runs') $$;
DO $$ BEGIN IF public.rerun('nightly')::text LIKE '%"b2"%' THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'read it'; END IF; END $$;
SELECT public.rerun('tomorrow');
\c - attack_owner
DO $$ BEGIN IF public.rerun('tomorrow')::text NOT LIKE '%"b2"%' THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'a stranger''s'; END IF; END $$;

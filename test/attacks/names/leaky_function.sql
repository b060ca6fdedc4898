-- role: app
-- login: attack_tenant
-- tries: a cheap function that is to see rows of other tenants in the views on history, before their filter
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION public.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN IF $1 LIKE '%of t2%' OR $1 IN ('b', 'b2') THEN RAISE EXCEPTION SQLSTATE '22P99' USING MESSAGE = $1; END IF; RETURN true; END $$;
SELECT * FROM retry_ledger.retry_history WHERE public.leak(original_error);
SELECT * FROM retry_ledger.retry_history WHERE public.leak(original_run_id);
SELECT * FROM retry_ledger.run_attempts r WHERE public.leak(r::text);
SELECT * FROM retry_ledger.retry_outcome r WHERE public.leak(r::text);
SELECT * FROM app.tenant_runs_retry_history r WHERE public.leak(original_error);

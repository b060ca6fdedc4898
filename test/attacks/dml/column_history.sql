-- role: app
-- login: attack_tenant
-- tries: to read a column that it may not, by the history
-- none: harmless
-- guarded: held
-- locked: held
-- setup: GRANT SELECT (id, status) ON app.runs TO attack_tenant
DO $$ BEGIN PERFORM error FROM app.runs; EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'refused'; END $$;
SELECT original_run_id, original_error, tenant FROM retry_ledger.retry_history WHERE run_table = 'app.runs';
DO $$ BEGIN IF EXISTS (SELECT FROM retry_ledger.retry_history WHERE original_error LIKE 'connection%') THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'read'; END IF; END $$;

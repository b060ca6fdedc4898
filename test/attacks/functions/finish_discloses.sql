-- role: app
-- login: attack_tenant
-- tries: to learn of other tenants' work by reporting on it
-- none: harmless
-- guarded: held
-- locked: held
-- setup: GRANT EXECUTE ON FUNCTION finish_work, finish_work_batch, extend_lease TO attack_tenant; SELECT claim_work('work', 'worker of t1', 10)
SELECT retry_ledger.finish_work('103', 0, 'completed');
SELECT retry_ledger.finish_work('103', 0, 'completed', run_table => 'app.runs');
SELECT retry_ledger.extend_lease('103', 0, run_table => 'app.runs');
DO $$ BEGIN IF EXISTS (SELECT FROM retry_ledger.finish_work_batch('[{"job_id": "103", "fence": 0, "status": "failed"},
    {"job_id": "103", "fence": 0, "status": "failed", "run_table": "app.runs"}]') WHERE result <> 'WORK_NOT_FOUND') THEN
  RAISE SQLSTATE '22P99' USING MESSAGE = 'told'; END IF; END $$;

-- role: app
-- login: attack_tenant
-- tries: to keep everybody from work of a queue: a table of its own in it that nobody else may touch, or with a limit
-- none: harmless
-- guarded: held
-- locked: held
CREATE TABLE public.mine (id bigint PRIMARY KEY, tenant_id text, status text);
SELECT * FROM retry_ledger.govern_runs('public.mine', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}');
SELECT retry_ledger.set_work_queue('public.mine', queue => 'work', dispatch => 'all', priority => 2147483647, start_status => 'running',
                                   rate_limit => 1, rate_window => '366 days');
INSERT INTO public.mine VALUES (1, 't9', 'queued');
\c - attack_app
SELECT job_id, run_table FROM retry_ledger.claim_work('work', 'w1', 1);
SELECT job_id, run_table FROM retry_ledger.claim_work('work', 'w1', 10);
DO $$ BEGIN IF (SELECT sum(queued) FROM retry_ledger.work_queue_depth WHERE queue = 'work') > 0 THEN
  RAISE SQLSTATE '22P99' USING MESSAGE = 'blocked'; END IF; END $$;

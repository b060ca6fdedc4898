-- role: app
-- login: attack_tenant
-- tries: to keep workers from reporting: work of a table of its own that has the same ids, and the same fence
-- none: bites
-- guarded: held
-- locked: held
-- setup: GRANT EXECUTE ON FUNCTION claim_work TO attack_tenant
CREATE TABLE public.mine (id text PRIMARY KEY, tenant_id text, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.mine', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}');
GRANT ALL ON public.mine TO PUBLIC;
SELECT retry_ledger.set_work_queue('public.mine', queue => 'mine', dispatch => 'all');
INSERT INTO public.mine VALUES ('103', 't9', 'queued'), ('104', 't9', 'queued');
SELECT job_id, fence FROM retry_ledger.claim_work('mine', 'w', 10);
\c - attack_app
SELECT count(*) FROM retry_ledger.claim_work('work', 'w', 10);
SELECT retry_ledger.extend_lease('103', 1) > now();
SELECT retry_ledger.finish_work('103', 1, 'completed');
-- What somebody else has claimed, and nobody named, isn't touched as the caller.
SELECT retry_ledger.finish_work('104', 1, 'completed');
\c - postgres
DO $$ BEGIN IF NOT EXISTS (SELECT FROM app.runs WHERE id = 103 AND status = 'completed')
  OR EXISTS (SELECT FROM public.mine WHERE status = 'completed') THEN
  RAISE SQLSTATE '22P99' USING MESSAGE = 'not finished'; END IF; END $$;

-- role: app
-- login: attack_tenant
-- tries: to run a function of its own as the worker of another's queue, by way of a table that it brings into it
-- none: harmless
-- guarded: held
-- locked: held
-- setup: GRANT EXECUTE ON FUNCTION claim_work TO attack_owner
CREATE TABLE public.seen (who text);
GRANT SELECT, INSERT ON public.seen TO PUBLIC;
CREATE TABLE public.mine (id bigint PRIMARY KEY, tenant_id text, status text);
GRANT ALL ON public.mine TO PUBLIC;
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO public.seen VALUES (current_user);
  RETURN NEW; END$$;
CREATE TRIGGER aaa BEFORE UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION public.hostile();
SELECT * FROM retry_ledger.govern_runs('public.mine', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}');
-- Into a queue that there is; into one that there will be, and out of it again, which leaves work behind.
SELECT retry_ledger.set_work_queue('public.mine', queue => 'work', dispatch => 'all', priority => 2147483647, start_status => 'running');
SELECT retry_ledger.set_work_queue('public.mine', queue => 'later', dispatch => 'all', priority => 2147483647, start_status => 'running');
INSERT INTO public.mine VALUES (1, 't9', 'queued'), (2, 't9', 'queued');
SELECT retry_ledger.set_work_queue('public.mine', queue => 'elsewhere');
\c - attack_owner
SELECT retry_ledger.set_work_queue('app.runs', queue => 'later');
SELECT job_id, run_table FROM retry_ledger.claim_work('work', 'w1', 1);
SELECT job_id, run_table FROM retry_ledger.claim_work('later', 'w1', 10);
DO $$ BEGIN IF EXISTS (SELECT FROM public.seen WHERE who = 'attack_owner') THEN
  RAISE SQLSTATE '22P99' USING MESSAGE = 'ran as the owner'; END IF; END $$;

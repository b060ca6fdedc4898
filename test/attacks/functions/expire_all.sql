-- role: app
-- tries: to run a function of its own as whoever settles lost leases of all queues
-- none: harmless
-- guarded: held
-- locked: held
-- setup: GRANT EXECUTE ON FUNCTION expire_leases TO attack_owner
CREATE TABLE public.seen (who text);
GRANT ALL ON public.seen TO PUBLIC;
CREATE TABLE public.mine (id bigint PRIMARY KEY, tenant_id text, status text);
GRANT ALL ON public.mine TO PUBLIC;
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO public.seen VALUES (current_user);
  RETURN NEW; END$$;
SELECT count(*) FROM retry_ledger.govern_runs('public.mine', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}');
SELECT retry_ledger.set_work_queue('public.mine', queue => 'mine', dispatch => 'all', lease => '1 microsecond');
INSERT INTO public.mine VALUES (1, 't9', 'queued');
SELECT job_id FROM retry_ledger.claim_work('mine', 'w1', 1);
CREATE TRIGGER aaa BEFORE UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION public.hostile();
CREATE CONSTRAINT TRIGGER zzz AFTER UPDATE ON public.mine DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.hostile();
\c - attack_owner
SELECT job_id, run_table, became FROM retry_ledger.expire_leases();
\c - postgres
SELECT job_id, run_table, became FROM retry_ledger.expire_leases();
TABLE public.seen;
DO $$ BEGIN IF (SELECT array_agg(DISTINCT who) FROM public.seen) IS DISTINCT FROM '{attack_app}' THEN
  RAISE SQLSTATE '22P99' USING MESSAGE = 'ran as somebody else'; END IF; END $$;

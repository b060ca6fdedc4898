-- role: app
-- login: attack_owner
-- tries: to read the history of another role's table that was released and dropped, by a table of its own of that name
-- none: harmless
-- guarded: held
-- locked: held
-- errors: 42501
CREATE TABLE public.jobs (id bigint PRIMARY KEY, tenant_id text, status text, error text);
SELECT count(*) FROM govern_runs('public.jobs');
INSERT INTO public.jobs (id, tenant_id, status) VALUES (1, 't2', 'queued'), (3, 't2', 'queued');
UPDATE public.jobs SET status = 'failed', error = 'secret of t2';
SELECT retry_run(1, run_table => 'public.jobs', new_run_id => '2', request_id => 'r1');
SELECT release_governance('public.jobs', 'over');
\c - attack_second
SELECT retry_ledger.approve_release('public.jobs');
\c - attack_owner
DROP TABLE public.jobs;
\c - attack_tenant
CREATE TABLE public.jobs (id bigint PRIMARY KEY, tenant_id text, status text, error text);
SELECT count(*) FROM retry_ledger.govern_runs('public.jobs');
SELECT * FROM retry_ledger.retry_history WHERE run_table = 'public.jobs';
SELECT * FROM retry_ledger.run_attempts WHERE run_table = 'public.jobs';
INSERT INTO public.jobs (id, tenant_id, status) VALUES (1, 't1', 'queued'), (5, 't1', 'queued');
UPDATE public.jobs SET status = 'failed', error = 'mine';
SELECT * FROM retry_ledger.retry_run(1, run_table => 'public.jobs', new_run_id => '7');
SELECT * FROM retry_ledger.retry_run(5, run_table => 'public.jobs', new_run_id => '2');
DO $$ BEGIN IF EXISTS (SELECT FROM retry_ledger.retry_history WHERE original_error LIKE '%of t2%') THEN
  RAISE SQLSTATE '22P99' USING MESSAGE = 'read'; END IF; END $$;

-- role: app
-- login: attack_tenant
-- tries: to have a function of its own run as a superuser: by the policy of a table that it governs, releases and drops,
--        before a superuser governs one of that name
-- none: harmless
-- guarded: held
-- locked: held
-- errors: 42501
CREATE FUNCTION public.strike() RETURNS bigint LANGUAGE plpgsql AS
  'BEGIN CREATE TABLE app.ran_as_superuser (); RETURN 0; EXCEPTION WHEN insufficient_privilege THEN RETURN 0; END';
CREATE FUNCTION public.price(jsonb) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT public.strike()';
CREATE TABLE public.jobs (id bigint PRIMARY KEY, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.jobs');
SELECT retry_ledger.set_retry_policy('public.jobs', price_function => 'public.price');
SELECT retry_ledger.release_governance('public.jobs', 'over');
\c - postgres
SELECT retry_ledger.approve_release('public.jobs');
\c - attack_tenant
DROP TABLE public.jobs;
\c - postgres
CREATE TABLE public.jobs (id bigint PRIMARY KEY, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.jobs');
INSERT INTO public.jobs (id, status) VALUES (1, 'queued');
UPDATE public.jobs SET status = 'failed';
SELECT * FROM retry_ledger.retry_run(1, run_table => 'public.jobs', new_run_id => '2');

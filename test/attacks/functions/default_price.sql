-- role: app
-- login: attack_tenant
-- tries: to spend a tenant's credits by a price of its own, where the default policy has one
-- none: harmless
-- guarded: held
-- locked: held
-- setup: SELECT retry_ledger.set_retry_policy(NULL, price => 1)
CREATE TABLE public.mine (id bigint PRIMARY KEY, tenant_id text, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.mine');
SELECT retry_ledger.set_retry_policy('public.mine', price => 17);
INSERT INTO public.mine VALUES (1, 't1', 'queued');
UPDATE public.mine SET status = 'failed';
SELECT decision, detail FROM retry_ledger.retry_run('1', run_table => 'public.mine', new_run_id => '2');
-- One is the default's, whoever governs a table.
\c - attack_owner
DO $$BEGIN IF (SELECT code = 'INSUFFICIENT_CREDITS' FROM plan_retry(7, run_table => 'runs')) THEN
  REVOKE SELECT ON log FROM attack_app; END IF; END$$;

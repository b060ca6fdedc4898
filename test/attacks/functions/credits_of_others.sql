-- role: app
-- login: attack_tenant
-- tries: to see and to spend a tenant's credits by a table of its own
-- none: harmless
-- guarded: held
-- locked: held
CREATE TABLE public.mine (id bigint PRIMARY KEY, tenant_id text, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.mine');
SELECT retry_ledger.set_retry_policy('public.mine', price => 17);
CREATE FUNCTION public.charge(jsonb) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
SELECT retry_ledger.set_retry_policy('public.mine', price => 17, charge_function => 'public.charge(jsonb)', refund_function => 'public.charge(jsonb)');
SELECT retry_ledger.set_retry_policy('public.mine', clear => '{billing}');
INSERT INTO public.mine VALUES (1, 't1', 'queued');
UPDATE public.mine SET status = 'failed';
SELECT detail FROM retry_ledger.plan_retry('1', run_table => 'public.mine');
SELECT decision, detail FROM retry_ledger.retry_run('1', run_table => 'public.mine', new_run_id => '2');
-- That they are spent shows as a fact that can't be seen.
\c - attack_owner
DO $$BEGIN IF (SELECT code = 'INSUFFICIENT_CREDITS' FROM plan_retry(7, run_table => 'runs')) THEN
  REVOKE SELECT ON log FROM attack_app; END IF; END$$;

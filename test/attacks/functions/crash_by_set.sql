-- role: app
-- login: attack_tenant
-- tries: to crash the server: the price and charge functions of a table of its own come to return no row
-- none: harmless
-- guarded: held
-- locked: held
CREATE TABLE public.mine (id bigint PRIMARY KEY, tenant_id text, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.mine');
CREATE FUNCTION public.price(jsonb) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint';
CREATE FUNCTION public.charge(jsonb) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
SELECT retry_ledger.set_retry_policy('public.mine', price_function => 'public.price(jsonb)',
  charge_function => 'public.charge(jsonb)', refund_function => 'public.charge(jsonb)');
INSERT INTO public.mine VALUES (1, 't1', 'queued'), (2, 't1', 'queued');
UPDATE public.mine SET status = 'failed';
DROP FUNCTION public.charge;
CREATE FUNCTION public.charge(jsonb) RETURNS SETOF text LANGUAGE sql AS $$SELECT 'x' WHERE false$$;
SELECT * FROM retry_ledger.retry_run('1', run_table => 'public.mine', new_run_id => '11');
DROP FUNCTION public.price;
CREATE FUNCTION public.price(jsonb) RETURNS SETOF bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint WHERE false';
SELECT * FROM retry_ledger.plan_retry('1', run_table => 'public.mine');
DROP FUNCTION public.price;
CREATE AGGREGATE public.price(jsonb) (SFUNC = jsonb_concat, STYPE = jsonb);
SELECT * FROM retry_ledger.plan_retry('1', run_table => 'public.mine');

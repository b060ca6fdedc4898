-- role: app
-- login: attack_tenant
-- tries: a price function of another role, after the table has come to a superuser
-- none: harmless
-- guarded: held
-- locked: held
-- setup: GRANT CREATE, USAGE ON SCHEMA public TO attack_tenant; SET ROLE attack_tenant; CREATE FUNCTION public.price(jsonb) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint'; RESET ROLE; SET ROLE attack_owner; SELECT retry_ledger.set_retry_policy('app.runs', price_function => 'public.price(jsonb)'); RESET ROLE; ALTER TABLE app.runs OWNER TO postgres; GRANT ALL ON app.runs TO attack_app, attack_tenant; GRANT USAGE ON SCHEMA retry_ledger TO attack_tenant
CREATE OR REPLACE FUNCTION public.price(jsonb) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN EXECUTE 'CREATE TABLE IF NOT EXISTS app.ran_as_superuser ()'; END IF; RETURN 1; END$$;
SELECT retry_ledger.retry_run(2, run_table => 'app.runs', new_run_id => '90');

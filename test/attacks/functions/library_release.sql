-- role: superuser
-- tries: approve_redaction of our own library in another schema, with a configuration in which somebody else has asked for it
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42883 42P01
CREATE SCHEMA evil;
DO $$
DECLARE t text; p text;
BEGIN
  FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'retry_ledger'::regnamespace AND relkind = 'r' LOOP
    EXECUTE format('CREATE TABLE evil.%I AS TABLE retry_ledger.%I', t, t);
  END LOOP;
  SELECT probin INTO p FROM pg_proc WHERE proname = 'guard_wakes';
  EXECUTE format('CREATE FUNCTION evil.accept_ddl(regclass, text, text) RETURNS jsonb AS %L, %L LANGUAGE C', p, 'accept_ddl');
  EXECUTE format('CREATE FUNCTION evil.approve_redaction(regclass, text, name[]) RETURNS TABLE (a text, b text, c text) AS %L, %L LANGUAGE C', p, 'approve_redaction');
  EXECUTE format('CREATE FUNCTION evil.redact_run(regclass, text, name[], text) RETURNS TABLE (a text, b text, c text) AS %L, %L LANGUAGE C', p, 'redact_run');
END $$;
CREATE FUNCTION evil.table_shape(regclass) RETURNS jsonb LANGUAGE sql AS 'SELECT retry_ledger.table_shape($1)';
\c
SELECT evil.redact_run('app.runs', '2', '{big,note,amount}', 'x');
UPDATE evil.governed_table SET pending = jsonb_set(jsonb_set(jsonb_set(pending, '{redact app.runs 2,by}', '"x"'), '{redact app.runs 2,session}', '"x"'), '{redact app.runs 2,login_oid}', '1');
SELECT evil.approve_redaction('app.runs', '2', '{big,note,amount}');
UPDATE app.runs SET error = NULL, note = NULL, amount = NULL WHERE id = 2;

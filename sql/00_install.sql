-- What every later file of this folder stands on: the extension in a schema of its own, and refused(), which
-- shows each field of the error that a statement raises.
CREATE SCHEMA retry_ledger;
CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
SELECT extname, nspname, extrelocatable FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
  WHERE extname = 'retry_ledger';
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, retry_ledger', current_database()); END $$;

CREATE FUNCTION public.refused(statement text, VARIADIC hide text[] DEFAULT '{}',
  OUT field text, OUT value text) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
  state text; message text; detail text; hint text; tab text; con text; hidden text;
BEGIN
  BEGIN
    EXECUTE statement;
    field := 'none'; value := 'no error'; RETURN NEXT; RETURN;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
      hint = PG_EXCEPTION_HINT, tab = TABLE_NAME, con = CONSTRAINT_NAME;
  END;
  FOR field, value IN SELECT * FROM (VALUES ('sqlstate', state), ('message', message), ('detail', detail),
      ('hint', hint), ('table', tab), ('constraint', con)) v(f, t) WHERE t <> '' LOOP
    FOREACH hidden IN ARRAY hide LOOP value := replace(value, hidden, '<hidden>'); END LOOP;
    RETURN NEXT;
  END LOOP;
END $$;
SELECT * FROM refused('SELECT 1/0');
SELECT * FROM refused('SELECT 1');

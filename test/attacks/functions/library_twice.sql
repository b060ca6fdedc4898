-- role: superuser
-- tries: our own C functions made anew in another schema, where they find another configuration and leave it in the session's cache
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
  EXECUTE format('CREATE FUNCTION evil.guard_wakes(oid, "any", "any") RETURNS boolean AS %L, %L LANGUAGE C STABLE', p, 'guard_wakes');
END $$;
UPDATE evil.governed_table SET ended_statuses = '{}', active_statuses = active_statuses || ended_statuses, transitions = NULL;
\c
SELECT evil.guard_wakes('app.runs'::regclass::oid, 'failed'::text, 'failed'::text);
UPDATE app.runs SET error = 'x', amount = 99 WHERE id = 2;

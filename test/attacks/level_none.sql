-- Everything as in the fixture, and no guard: what an attack does where nothing stops it.
ALTER EVENT TRIGGER retry_ledger_ddl_start DISABLE;
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER EVENT TRIGGER retry_ledger_rewrite DISABLE;
DO $$
DECLARE guard record;
BEGIN
  FOR guard IN SELECT tgrelid::regclass AS relation, tgname FROM pg_trigger
    WHERE tgname LIKE 'retry\_ledger\_%' AND tgparentid = 0 LOOP
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', guard.relation, guard.tgname);
  END LOOP;
END $$;

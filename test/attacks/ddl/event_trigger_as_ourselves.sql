-- role: superuser
-- tries: to unlock all tables in an event trigger that fires while we give a new partition its guards, acting as ourselves
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status, content_hash
CREATE FUNCTION public.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tg_tag = 'CREATE TRIGGER' THEN UPDATE retry_ledger.governed_table SET locked = false; END IF;
EXCEPTION WHEN OTHERS THEN RAISE WARNING '%', SQLERRM;
END $$;
CREATE EVENT TRIGGER meddle ON ddl_command_end EXECUTE FUNCTION public.meddle();
CREATE TABLE app.day_runs_9 PARTITION OF app.day_runs FOR VALUES FROM ('2024-09-01') TO ('2024-10-01');
\c
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER TABLE app.runs DISABLE TRIGGER ALL;
UPDATE app.runs SET error = 'x' WHERE id = 2;

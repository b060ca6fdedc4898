-- role: superuser
-- tries: DDL in an event trigger that fires before ours at the start of DDL of our own
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('evil.armed', true) = 'on' THEN
    PERFORM set_config('evil.armed', 'off', false);
    ALTER TABLE app.runs ENABLE ROW LEVEL SECURITY;
    ALTER TABLE app.runs DROP CONSTRAINT runs_pkey CASCADE;
  END IF;
END $$;
CREATE EVENT TRIGGER aaa ON ddl_command_start WHEN TAG IN ('ALTER TABLE', 'CREATE TRIGGER') EXECUTE FUNCTION public.meddle();
SET evil.armed = 'on';
SELECT retry_ledger.govern_runs('app.flows');
INSERT INTO app.runs (id, tenant_id, status) VALUES (2, 't1', 'queued');

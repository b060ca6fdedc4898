-- role: superuser
-- tries: to hide rows by a function that our event trigger then calls, which came to pg_catalog with an extension
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION public.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('evil.armed', true) = 'on' THEN
    PERFORM set_config('evil.armed', 'off', false);
    CREATE FUNCTION pg_catalog.unnest(retry_ledger.guarded_state[]) RETURNS SETOF retry_ledger.guarded_state LANGUAGE sql STABLE AS
      'TABLE retry_ledger.guarded_state';
  END IF;
END $$;
CREATE EVENT TRIGGER aaa ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.meddle();
SET evil.armed = 'on';
CREATE EXTENSION citext SCHEMA public;
ALTER TABLE app.log ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.runs ENABLE ROW LEVEL SECURITY;

-- role: superuser
-- tries: to have an extension's script compare its type by other functions than it means: another one takes the name of its own while it runs
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42704 42P01
CREATE FUNCTION public.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('my.armed', true) = 'on' AND EXISTS (SELECT FROM pg_proc WHERE proname = 'citext_eq') THEN
    PERFORM set_config('my.armed', 'off', false);
    ALTER FUNCTION public.citext_eq(public.citext, public.citext) RENAME TO citext_eq_;
    CREATE FUNCTION public.citext_eq(public.citext, public.citext) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS 'SELECT false';
  END IF;
END $$;
CREATE EVENT TRIGGER meddle ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.meddle();
SET my.armed = 'on';
CREATE EXTENSION citext SCHEMA public;
CREATE TABLE app.ci (id bigint PRIMARY KEY, email public.citext, status text DEFAULT 'queued');
SELECT retry_ledger.govern_runs('app.ci');
INSERT INTO app.ci VALUES (1, 'Foo@X.org');
SET search_path = public;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.ci WHERE email = 'foo@x.org') \gexec

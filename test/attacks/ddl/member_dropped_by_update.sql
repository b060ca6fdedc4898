-- role: superuser
-- tries: to drop operators of a governed column's type while its extension's script runs, when PostgreSQL lets members go
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE EXTENSION citext VERSION '1.5' SCHEMA public; CREATE TABLE app.ci (id bigint PRIMARY KEY, email public.citext, status text DEFAULT 'queued'); SELECT retry_ledger.govern_runs('app.ci'); INSERT INTO app.ci VALUES (1, 'Foo@X.org'); UPDATE app.ci SET status = 'failed'
CREATE FUNCTION public.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('evil.armed', true) = 'on' THEN
    PERFORM set_config('evil.armed', 'off', false);
    DROP OPERATOR public.~~ (public.citext, public.citext);
    DROP OPERATOR public.~~ (public.citext, pg_catalog.text);
  END IF;
END $$;
CREATE EVENT TRIGGER meddle ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.meddle();
SET evil.armed = 'on';
ALTER EXTENSION citext UPDATE TO '1.6';
SET search_path = public;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.ci WHERE email LIKE 'foo%') \gexec

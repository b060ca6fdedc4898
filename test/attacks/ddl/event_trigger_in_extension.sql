-- role: superuser
-- tries: to redact alone by a function that an event trigger puts into pg_catalog while an extension is created
-- none: bites
-- guarded: not held
-- locked: held
-- detected: redacted
CREATE FUNCTION public.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('evil.armed', true) = 'on' THEN
    PERFORM set_config('evil.armed', 'off', false);
    CREATE FUNCTION pg_catalog.jsonb_build_object(text, jsonb) RETURNS jsonb LANGUAGE sql STABLE AS
      'SELECT pg_catalog.jsonb_set(''{}'', ARRAY[$1], $2 || ''{"by": "ghost", "session": "ghost", "login_oid": "1"}''::jsonb)';
  END IF;
END $$;
CREATE EVENT TRIGGER aaa ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.meddle();
SET evil.armed = 'on';
CREATE EXTENSION citext SCHEMA public;
SELECT redact_run('app.runs', '2', '{big}', 'mine');
SELECT approve_redaction('app.runs', '2', '{big}');

-- role: superuser
-- tries: event_triggers = off in a function that the command calls itself; and only for the time of a rewrite
-- none: bites
-- guarded: not held
-- locked: held
-- from: 17
CREATE FUNCTION public.off() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN SET event_triggers = off; END $$;
CREATE FUNCTION public.off(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM set_config('event_triggers', 'off', false); RETURN $1; END $$;
CREATE FUNCTION public.on(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET event_triggers = on; RETURN $1; END $$;
ALTER TABLE app.log ENABLE ROW LEVEL SECURITY, ADD COLUMN extra text DEFAULT public.off('x');
SET event_triggers = on;
CREATE EVENT TRIGGER aaa ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.off();
ALTER TABLE app.runs ADD COLUMN extra text DEFAULT public.on('x');
SET event_triggers = on;
DO $$BEGIN IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'app.runs'::regclass AND attname = 'extra')
  THEN REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;

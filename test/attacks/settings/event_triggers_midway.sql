-- role: superuser
-- tries: event_triggers = off, set by an event trigger between the start and the end of a command
-- none: bites
-- guarded: not held
-- locked: held
-- from: 17
CREATE FUNCTION public.off() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN SET event_triggers = off; END $$;
CREATE EVENT TRIGGER aaa ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.off();
ALTER TABLE app.log ENABLE ROW LEVEL SECURITY;
SET event_triggers = on;
ALTER TABLE app.runs ENABLE ROW LEVEL SECURITY;
SET event_triggers = on;
CREATE TABLE app.forged (LIKE app.day_runs INCLUDING ALL);
INSERT INTO app.forged (id, day, status, attempt, is_retry) VALUES (900, '2024-07-01', 'completed', 1, false);
ALTER TABLE app.day_runs ATTACH PARTITION app.forged FOR VALUES FROM ('2024-07-01') TO ('2024-08-01');

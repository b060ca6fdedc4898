-- role: superuser
-- tries: rows for a new partition, by an event trigger that fires before ours completes its guards
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO app.days VALUES ('2024-03-05'), ('2024-04-05');
CREATE FUNCTION public.fill() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass('app.march') IS NOT NULL THEN
    INSERT INTO app.march (id, day, status, attempt, is_retry) VALUES (90, '2024-03-05', 'completed', 1, false);
  END IF;
  INSERT INTO app.april (id, day, status, attempt, is_retry) VALUES (91, '2024-04-05', 'completed', 1, false);
END $$;
CREATE TABLE app.april (LIKE app.day_runs INCLUDING ALL);
CREATE EVENT TRIGGER aaa ON ddl_command_end WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE') EXECUTE FUNCTION public.fill();
ALTER TABLE app.day_runs ATTACH PARTITION app.april FOR VALUES FROM ('2024-04-01') TO ('2024-05-01');
CREATE TABLE app.march PARTITION OF app.day_runs FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');

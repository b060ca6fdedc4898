-- role: superuser
-- tries: rows for a new partition, by an event trigger that fires as its guards are made
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO app.days VALUES ('2024-03-05');
CREATE FUNCTION public.fill() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO app.day_runs_3 (id, day, status, error, parent_run_id, attempt, is_retry)
    VALUES (900, '2024-03-05', 'failed', 'forged', 1, 9, true) ON CONFLICT DO NOTHING;
END $$;
CREATE EVENT TRIGGER aaa ON ddl_command_start WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION public.fill();
CREATE EVENT TRIGGER bbb ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.fill();
CREATE TABLE app.day_runs_3 PARTITION OF app.day_runs FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
DROP EVENT TRIGGER bbb;
CREATE TABLE app.day_runs_3 PARTITION OF app.day_runs FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');

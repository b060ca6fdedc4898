-- role: owner
-- tries: a file is born between the count of a run's files and the run's end, by a function that PostgreSQL computes to plan the end
-- none: bites
-- guarded: held
-- locked: held
CREATE SEQUENCE app.ticks;
GRANT ALL ON SEQUENCE app.ticks TO attack_app;
CREATE FUNCTION app.tick() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF pg_catalog.nextval('app.ticks') = pg_catalog.current_setting('app.at')::int THEN
    INSERT INTO app.flow_files (run_id, file_index) VALUES (2, 9);
  END IF;
END $$;
CREATE FUNCTION app.arm(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.tick(); RETURN 1; END $$;
CREATE STATISTICS app.s ON (id + app.arm('x')), status FROM app.flows;
\c - attack_app
BEGIN; SET app.at = 1; SELECT setval('app.ticks', 1, false); SAVEPOINT s; UPDATE app.flow_files SET status = 'completed' WHERE id = 22; COMMIT;
BEGIN; SET app.at = 2; SELECT setval('app.ticks', 1, false); SAVEPOINT s; UPDATE app.flow_files SET status = 'completed' WHERE id = 22; COMMIT;
BEGIN; SET app.at = 3; SELECT setval('app.ticks', 1, false); SAVEPOINT s; UPDATE app.flow_files SET status = 'completed' WHERE id = 22; COMMIT;
BEGIN; SET app.at = 4; SELECT setval('app.ticks', 1, false); SAVEPOINT s; UPDATE app.flow_files SET status = 'completed' WHERE id = 22; COMMIT;
BEGIN; SET app.at = 5; SELECT setval('app.ticks', 1, false); SAVEPOINT s; UPDATE app.flow_files SET status = 'completed' WHERE id = 22; COMMIT;
\c - attack_owner
DROP STATISTICS app.s;

-- role: app
-- tries: to change and to bear files of a run that ended long ago: a statement writes the run's row as it was, and asks for a plan of its retry, which takes that for its end
-- none: bites
-- guarded: held
-- locked: held
-- setup: UPDATE app.flows SET status = 'failed' WHERE id = 2
CREATE FUNCTION pg_temp.look() RETURNS text LANGUAGE plpgsql AS $$DECLARE r record; BEGIN
  SELECT * INTO r FROM retry_ledger.plan_retry('2', run_table => 'app.flows'); RETURN r::text; END$$;
WITH same AS (UPDATE app.flows SET status = status WHERE id = 2 RETURNING id), seen AS MATERIALIZED (SELECT pg_temp.look() FROM same)
UPDATE app.flow_files SET status = 'completed', error = (SELECT * FROM seen) WHERE id = 22;
WITH same AS (UPDATE app.flows SET status = status WHERE id = 2 RETURNING id), seen AS MATERIALIZED (SELECT pg_temp.look() FROM same)
INSERT INTO app.flow_files (id, run_id, file_index, error) SELECT 2200, 2, 7, look FROM seen;
BEGIN;
UPDATE app.flows SET status = status WHERE id = 2;
SELECT pg_temp.look();
UPDATE app.flow_files SET status = 'completed' WHERE id = 22;
INSERT INTO app.flow_files (id, run_id, file_index) VALUES (2200, 2, 7);
COMMIT;

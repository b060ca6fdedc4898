-- role: owner
-- tries: to crash the server: a function that the planner computes closes the cursor that purge_governed reads with
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION app.act() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('attack.acts', true) = 'yes' AND EXISTS (SELECT FROM pg_cursors) THEN EXECUTE 'CLOSE ALL'; END IF;
  RETURN 1;
END $$;
CREATE FUNCTION app.imm(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN app.act(); END$$;
UPDATE day_runs SET status = 'failed' WHERE status = 'queued';
CREATE STATISTICS late ON (id + app.imm(1)), day FROM day_runs_2a;
SELECT set_retention('day_runs', keep => '1 microsecond', reason => 'why');
SET attack.acts = 'yes';
SELECT purge_governed('day_runs_2a', 'old');
SELECT 1;

-- role: owner
-- tries: to have a run purged that goes on: a function that the planner computes moves the purge's cursor past it
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION app.act() RETURNS int LANGUAGE plpgsql AS $$
DECLARE n text;
BEGIN
  FOR n IN SELECT name FROM pg_cursors LOOP
    BEGIN EXECUTE format('MOVE ALL FROM %I', n); EXCEPTION WHEN OTHERS THEN NULL; END;
  END LOOP;
  RETURN 1;
END $$;
CREATE FUNCTION app.imm(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN app.act(); END$$;
-- In the order of their keys run 3, which is queued, comes after the first thousand.
INSERT INTO day_runs (id, day) SELECT i, '2024-01-05' FROM generate_series(1000, 2000) i;
SELECT retry_run(1, run_table => 'day_runs', new_run_id => '999');
UPDATE day_runs SET status = 'failed' WHERE id BETWEEN 999 AND 2000;
CREATE STATISTICS late ON (id + app.imm(1)), day FROM day_runs_1;
SELECT set_retention('day_runs', keep => '1 microsecond', reason => 'why');
SELECT purge_governed('day_runs_1', 'old');
\c - attack_second
SELECT retry_ledger.approve_purge('app.day_runs_1');

-- role: owner
-- tries: a function that the planner computes while we look whether a new partition is empty
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.deed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE retry_ledger.governed_table SET ended_statuses = '{}', active_statuses = '{queued,running,completed,failed}', transitions = NULL, locked = false
    WHERE run_table = 'app.runs'::regclass;
  RAISE WARNING 'done as %', current_user;
EXCEPTION WHEN OTHERS THEN RAISE WARNING '% as %', SQLERRM, current_user;
END $$;
CREATE FUNCTION public.lie(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF session_user = 'attack_owner' AND current_user <> 'attack_owner' THEN PERFORM public.deed(); END IF;
  RETURN $1;
END $$;
CREATE TABLE part (LIKE day_runs INCLUDING ALL);
CREATE STATISTICS part_s ON (note || public.lie('x')), id FROM part;
INSERT INTO part (id, day, attempt, is_retry) SELECT i, '2024-03-05', 1, false FROM generate_series(1, 100) i;
ANALYZE part;
DELETE FROM part;
\c
ALTER TABLE day_runs ATTACH PARTITION part FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
\c
UPDATE runs SET error = 'x' WHERE id = 2;

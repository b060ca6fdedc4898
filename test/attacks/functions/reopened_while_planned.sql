-- role: owner
-- tries: a run ends while a second govern_runs looks at the rows, by a function that PostgreSQL computes to plan the look
-- none: harmless
-- guarded: held
-- locked: held
CREATE TABLE app.z (id bigint PRIMARY KEY, status text DEFAULT 'queued', error text);
INSERT INTO app.z SELECT i FROM generate_series(1, 5) i;
SELECT retry_ledger.govern_runs('app.z', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed", "cancelled"]}');
CREATE FUNCTION app.deed() RETURNS void LANGUAGE sql AS $$ UPDATE app.z SET status = 'cancelled', error = 'true cause' WHERE id = 1 $$;
CREATE FUNCTION app.arm(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF pg_catalog.current_setting('app.armed', true) = 'yes' THEN
    PERFORM pg_catalog.set_config('app.armed', 'no', false);
    PERFORM app.deed();
  END IF;
  RETURN 1;
END $$;
CREATE INDEX ON app.z ((id + app.arm('x')));
\c - attack_owner
SET app.armed = 'yes';
SELECT retry_ledger.govern_runs('app.z', statuses => '{"initial": ["queued"], "active": ["running", "cancelled"], "ended": ["completed", "failed"]}');
UPDATE app.z SET error = 'forged', status = 'completed' WHERE id = 1;
\c - postgres
SELECT 'CREATE TABLE app.ran_as_superuser ()' WHERE (SELECT count(*) > 1 FROM retry_ledger.ledger_entry WHERE run_table = 'app.z' AND action = 'ended') \gexec

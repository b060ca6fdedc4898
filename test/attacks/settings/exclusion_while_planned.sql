-- role: owner
-- tries: constraint_exclusion, set by a function of another table's statistics, while a statement that reads a locked table is planned
-- none: bites
-- guarded: not held
-- locked: held
CREATE TABLE app.switch (v bigint);
INSERT INTO app.switch VALUES (-1);
CREATE FUNCTION app.base(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN (SELECT v FROM app.switch); END $$;
CREATE TABLE app.k (id bigint PRIMARY KEY, status text DEFAULT 'queued', error text, CHECK (id > app.base('x')));
INSERT INTO app.k SELECT generate_series(1, 5);
SELECT retry_ledger.govern_runs('app.k');
UPDATE app.k SET status = 'failed', error = 'true cause' WHERE id = 2;
UPDATE app.switch SET v = 1000000;
CREATE FUNCTION app.plain(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM pg_catalog.set_config('constraint_exclusion', 'on', false);
  RETURN 1;
END $$;
CREATE STATISTICS app.s ON (id + app.plain('x')), id FROM app.customers;
\c
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.k k, app.customers c WHERE c.id = k.id AND k.id = 2) THEN REVOKE SELECT ON app.log FROM attack_app; END IF;
END $$;

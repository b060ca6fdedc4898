-- role: owner
-- tries: constraint_exclusion, set by a STABLE function that is computed for an estimate, when all tables of the statement are open
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
CREATE FUNCTION app.mine() RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM pg_catalog.set_config('constraint_exclusion', 'on', false);
  RETURN 1;
END $$;
CREATE POLICY mine ON app.customers USING (id > app.mine() - 1);
ALTER TABLE app.customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.customers FORCE ROW LEVEL SECURITY;
\c
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.customers c, app.k k WHERE c.id = k.id AND k.id = 2) THEN REVOKE SELECT ON app.log FROM attack_app; END IF;
END $$;

-- role: owner
-- tries: to let a unique index by a temporary collation take the key's place, which goes with the session
-- none: bites
-- guarded: held
-- locked: held
CREATE COLLATION pg_temp.mine (LOCALE = 'C');
CREATE UNIQUE INDEX k2 ON app.tenant_runs (id COLLATE pg_temp.mine);
ALTER TABLE app.tenant_runs DROP CONSTRAINT tenant_runs_pkey;
\c
-- The session takes what is temporary along when it has said good-bye.
DO $$
BEGIN
  FOR i IN 1 .. 100 LOOP
    EXIT WHEN to_regclass('app.k2') IS NULL;
    PERFORM pg_sleep(0.05);
  END LOOP;
END $$;
INSERT INTO app.tenant_runs (id, tenant_id, status) VALUES ('b', 't2', 'queued');

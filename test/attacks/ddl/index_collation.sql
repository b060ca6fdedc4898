-- role: owner
-- tries: to hide runs by an index that compares bytes where a collation takes other texts for equal
-- none: bites
-- guarded: not held
-- locked: held
-- setup: SET ROLE attack_owner; CREATE COLLATION app.ai (provider = icu, locale = 'und-u-ks-level1', deterministic = false); CREATE TABLE app.names (id bigint PRIMARY KEY, name text COLLATE app.ai, status text DEFAULT 'queued'); SELECT retry_ledger.govern_runs('app.names'); GRANT SELECT ON app.names TO attack_app; INSERT INTO app.names SELECT i, 'Résumé' FROM generate_series(1, 100) i; UPDATE app.names SET status = 'failed'
VACUUM app.names;  -- or any transaction of the server that is older keeps the index from being used
CREATE INDEX ON app.names USING spgist (name);
SET enable_seqscan = off;
DO $$BEGIN IF (SELECT count(*) FROM app.names WHERE name = 'resume') = 0 THEN REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;

-- role: owner
-- tries: to have queries that name a collation compare by another one: it is that of an attribute of a column's type
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42710
-- setup: CREATE COLLATION app.ai (provider = icu, locale = 'und-u-ks-level1', deterministic = false); ALTER COLLATION app.ai OWNER TO attack_owner; CREATE TYPE app.person AS (name text COLLATE app.ai); CREATE TABLE app.people (id bigint PRIMARY KEY, p app.person, status text DEFAULT 'queued'); SELECT retry_ledger.govern_runs('app.people'); INSERT INTO app.people VALUES (1, ROW('Résumé')); UPDATE app.people SET status = 'failed'
ALTER COLLATION app.ai RENAME TO other;
CREATE COLLATION app.ai (provider = icu, locale = 'und');
\c - postgres
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.people WHERE (p).name = 'resume' COLLATE app.ai) \gexec

-- role: owner
-- tries: to have conditions on a column mean something else, by dropping what was there before the lock: an implicit cast of its type, an operator of it
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE TYPE app.mood AS ENUM ('good', 'bad'); ALTER TYPE app.mood OWNER TO attack_owner; CREATE CAST (app.mood AS text) WITH INOUT AS IMPLICIT; CREATE TABLE app.moods (id bigint PRIMARY KEY, mood app.mood, colour app.mood, status text DEFAULT 'queued'); ALTER TABLE app.moods OWNER TO attack_owner; SELECT retry_ledger.govern_runs('app.moods'); INSERT INTO app.moods VALUES (1, 'good', 'bad'); UPDATE app.moods SET status = 'failed'
DROP CAST (app.mood AS text);
\c - postgres
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.moods WHERE mood > 'bad') \gexec

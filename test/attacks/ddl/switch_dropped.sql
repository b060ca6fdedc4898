-- role: owner
-- tries: to have conditions on a column mean something else, by what was there before the lock: an implicit cast of its type goes, an operator of it comes into reach
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE SCHEMA aside; CREATE TYPE app.mood AS ENUM ('good', 'bad'); ALTER TYPE app.mood OWNER TO attack_owner; CREATE CAST (app.mood AS text) WITH INOUT AS IMPLICIT; CREATE FUNCTION aside.never(app.mood, app.mood) RETURNS boolean LANGUAGE sql AS 'SELECT false'; CREATE OPERATOR aside.= (LEFTARG = app.mood, RIGHTARG = app.mood, FUNCTION = aside.never); ALTER OPERATOR aside.= (app.mood, app.mood) OWNER TO attack_owner; GRANT ALL ON SCHEMA aside TO attack_owner; CREATE TABLE app.moods (id bigint PRIMARY KEY, mood app.mood, colour app.mood, status text DEFAULT 'queued'); ALTER TABLE app.moods OWNER TO attack_owner; SELECT retry_ledger.govern_runs('app.moods'); INSERT INTO app.moods VALUES (1, 'good', 'bad'); UPDATE app.moods SET status = 'failed'
DROP CAST (app.mood AS text);
ALTER OPERATOR aside.= (app.mood, app.mood) SET SCHEMA public;
\c - postgres
SET search_path = "$user", public;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.moods WHERE mood > 'bad') OR NOT EXISTS (SELECT FROM app.moods WHERE colour = 'bad') \gexec

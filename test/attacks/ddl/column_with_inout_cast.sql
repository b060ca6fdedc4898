-- role: owner
-- tries: to have conditions on a column mean something else later: an implicit cast through text comes along with its type, and goes
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42703
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE CAST (mood AS text) WITH INOUT AS IMPLICIT;
ALTER TABLE runs ADD COLUMN mood mood;
UPDATE runs SET mood = 'good' WHERE id = 5;
SELECT count(*) FROM runs WHERE mood > 'bad' AND id = 5;
DROP CAST (mood AS text);
\c - postgres
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.runs WHERE mood > 'bad' AND id = 5) \gexec

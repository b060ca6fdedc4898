-- role: owner
-- tries: to have queries that call the constructor of a column's range type, by its schema, call a function that fits its arguments better; and a column that is called as a partition
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42723
-- setup: CREATE TYPE app.span AS RANGE (SUBTYPE = numeric); ALTER TYPE app.span OWNER TO attack_owner; CREATE TABLE app.spans (id bigint PRIMARY KEY, span app.span, status text DEFAULT 'queued'); SELECT retry_ledger.govern_runs('app.spans'); INSERT INTO app.spans VALUES (1, app.span(1, 5)); UPDATE app.spans SET status = 'failed'
CREATE FUNCTION app.span(a int, b int) RETURNS app.span LANGUAGE sql IMMUTABLE AS $$ SELECT 'empty'::app.span $$;
CREATE FUNCTION app.spam(a int, b int) RETURNS app.span LANGUAGE sql IMMUTABLE AS $$ SELECT 'empty'::app.span $$;
ALTER FUNCTION app.spam(int, int) RENAME TO span;
ALTER TABLE day_runs ADD COLUMN day_runs_1 text;
\c - postgres
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.spans WHERE span && app.span(2, 3)) \gexec
SELECT 'REVOKE SELECT ON app.log FROM attack_app' FROM app.day_runs_1 HAVING count(day_runs_1) = 0 \gexec

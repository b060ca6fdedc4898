-- role: owner
-- tries: an index on a function that is replaced by one that the planner takes for the column
-- none: bites
-- guarded: not held
-- locked: held
-- setup: ALTER DATABASE :DBNAME SET enable_seqscan = off; ALTER DATABASE :DBNAME SET jit = off
CREATE FUNCTION app.plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || 'x' $$;
CREATE INDEX ON app.tenant_runs (app.plain(status));
CREATE INDEX ON app.runs (app.plain(status));
CREATE OR REPLACE FUNCTION app.plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;

-- role: owner
-- tries: an index on an expression of built-in functions that the planner comes to take for the column
-- none: bites
-- guarded: not held
-- locked: held
-- setup: ALTER DATABASE :DBNAME SET enable_seqscan = off; ALTER DATABASE :DBNAME SET jit = off
CREATE TEXT SEARCH CONFIGURATION app.cfg (PARSER = pg_catalog.default);
CREATE INDEX ON app.tenant_runs ((CASE WHEN to_tsvector('app.cfg', 'x') @@ to_tsquery('simple', 'x') THEN status END));
ALTER TEXT SEARCH CONFIGURATION app.cfg ADD MAPPING FOR asciiword WITH simple;

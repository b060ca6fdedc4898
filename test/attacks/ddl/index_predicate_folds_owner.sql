-- role: owner
-- tries: the same as an owner
-- none: bites
-- guarded: not held
-- locked: held
-- setup: ALTER DATABASE :DBNAME SET enable_seqscan = off; ALTER DATABASE :DBNAME SET jit = off
CREATE TEXT SEARCH CONFIGURATION app.cfg (PARSER = pg_catalog.default);
CREATE INDEX ON app.tenant_runs (status) WHERE to_tsvector('app.cfg', 'x') @@ to_tsquery('simple', 'x');
CREATE INDEX ON app.runs (status) WHERE to_tsvector('app.cfg', 'x') @@ to_tsquery('simple', 'x');
ALTER TEXT SEARCH CONFIGURATION app.cfg ADD MAPPING FOR asciiword WITH simple;

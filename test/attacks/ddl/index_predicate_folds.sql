-- role: superuser
-- tries: a partial index whose predicate rests on a text search configuration, which is altered later
-- none: bites
-- guarded: not held
-- locked: held
CREATE TEXT SEARCH CONFIGURATION public.cfg (PARSER = pg_catalog.default);
CREATE INDEX ON app.tenant_runs (status) WHERE to_tsvector('public.cfg', 'x') @@ to_tsquery('simple', 'x');
CREATE INDEX ON app.runs (status) WHERE to_tsvector('public.cfg', 'x') @@ to_tsquery('simple', 'x');
ALTER TEXT SEARCH CONFIGURATION public.cfg ADD MAPPING FOR asciiword WITH simple;
ALTER DATABASE :"DBNAME" SET enable_seqscan = off;
ALTER DATABASE :"DBNAME" SET jit = off;

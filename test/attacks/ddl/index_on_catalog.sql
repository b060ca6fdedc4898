-- role: superuser
-- tries: empty partial indexes on catalogs that show our statements nothing
-- none: bites
-- guarded: not held
-- locked: held
SET allow_system_table_mods = on;
CREATE TEXT SEARCH CONFIGURATION public.cfg (PARSER = pg_catalog.default);
CREATE INDEX mine ON pg_catalog.pg_policy (polrelid) WHERE to_tsvector('public.cfg', 'x') @@ to_tsquery('simple', 'x');
CREATE INDEX mine2 ON pg_catalog.pg_class (oid) WHERE to_tsvector('public.cfg', 'x') @@ to_tsquery('simple', 'x');
ALTER TEXT SEARCH CONFIGURATION public.cfg ADD MAPPING FOR asciiword WITH simple;
\c
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off;
SET jit = off;
ALTER TABLE app.log ENABLE ROW LEVEL SECURITY;

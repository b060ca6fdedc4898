-- role: superuser
-- tries: a partial index on our configuration that shows our event triggers no table
-- none: bites
-- guarded: held
-- locked: held
CREATE TEXT SEARCH CONFIGURATION public.cfg (PARSER = pg_catalog.default);
CREATE INDEX mine ON retry_ledger.governed_table (run_table) WHERE to_tsvector('public.cfg', 'x') @@ to_tsquery('simple', 'x');
ALTER TEXT SEARCH CONFIGURATION public.cfg ADD MAPPING FOR asciiword WITH simple;
\c
SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
SET jit = off;
ALTER TABLE app.log ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.flows DROP CONSTRAINT flows_pkey CASCADE;
INSERT INTO app.flows (id, status) VALUES (1, 'queued');
DROP INDEX IF EXISTS retry_ledger.mine;

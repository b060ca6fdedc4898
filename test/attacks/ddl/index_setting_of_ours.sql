-- role: superuser
-- tries: a partial index on our configuration, of what is built in and says something else under another setting
-- none: bites
-- guarded: held
-- locked: held
SET extra_float_digits = 0;
CREATE INDEX mine ON retry_ledger.governed_table (run_table) WHERE (0.1::float8 + 0.2::float8)::text <> '0.3';
\c
SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
SET jit = off;
ALTER TABLE app.log ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.flows DROP CONSTRAINT flows_pkey CASCADE;
INSERT INTO app.flows (id, status) VALUES (1, 'queued');
DROP INDEX IF EXISTS retry_ledger.mine;

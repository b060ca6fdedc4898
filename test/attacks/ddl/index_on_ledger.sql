-- role: superuser
-- tries: to release alone: by a partial index on the ledger the approval finds an older request of another login
-- none: bites
-- guarded: not held
-- locked: held
\c - attack_owner
SELECT release_governance('app.log', 'long ago, and never approved');
\c - postgres
CREATE TEXT SEARCH CONFIGURATION public.cfg (PARSER = pg_catalog.default);
SELECT pg_sleep(0.1), clock_timestamp() AS old \gset
SELECT format('CREATE INDEX mine ON retry_ledger.ledger_entry (run_table, recorded_at) WHERE recorded_at < %L OR to_tsvector(%L, %L) @@ to_tsquery(%L, %L)', :'old', 'public.cfg', 'x', 'simple', 'x') \gexec
SET ROLE attack_owner;
SELECT release_governance('app.log', 'mine');
RESET ROLE;
SELECT approve_release('app.log');
ALTER TEXT SEARCH CONFIGURATION public.cfg ADD MAPPING FOR asciiword WITH simple;
\c
SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off; SET jit = off;
SELECT approve_release('app.log');

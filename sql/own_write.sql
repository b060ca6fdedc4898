-- Rows of our own tables go straight to heap and indexes, and how those are filled is kept for the life of a session:
-- whatever becomes of the indexes in between, each row is in each of them.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE TABLE jobs (id int PRIMARY KEY, status text NOT NULL CHECK (status IN ('queued', 'completed', 'failed')));
SELECT count(*) > 0 AS governed FROM govern_runs('jobs');
INSERT INTO jobs SELECT i, 'queued' FROM generate_series(1, 99) i;

-- Ends a run, and looks for its entry by each index of the ledger that could lead to it.
CREATE FUNCTION end_and_find(job int) RETURNS TABLE (found bigint, by_index bigint) LANGUAGE plpgsql AS $$
DECLARE entry uuid;
BEGIN
  UPDATE jobs SET status = 'failed' WHERE id = job;
  SELECT entry_id INTO entry FROM ledger_entry WHERE run_table = 'public.jobs' AND run_key = job::text AND action = 'ended';
  RETURN QUERY
    SELECT count(*) FILTER (WHERE entry IS NOT NULL), count(*) FROM ledger_entry WHERE entry_id = entry;
END $$;
-- The same by an index of the test's own, on f(run_key).
CREATE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'first ' || $1 $$;
SET enable_seqscan = off;
SET enable_bitmapscan = off;

SELECT * FROM end_and_find(1);
REINDEX TABLE ledger_entry;
SELECT * FROM end_and_find(2);
VACUUM FULL ledger_entry;
SELECT * FROM end_and_find(3);
CLUSTER ledger_entry USING ledger_entry_pkey;
SELECT * FROM end_and_find(4);
REINDEX TABLE CONCURRENTLY ledger_entry;
SELECT * FROM end_and_find(5);

-- An index more, with an expression and a predicate, and one less.
CREATE INDEX extra ON ledger_entry (f(run_key)) WHERE action = 'ended' AND run_table = 'public.jobs';
SELECT * FROM end_and_find(6);
SELECT run_key FROM ledger_entry WHERE f(run_key) = 'first 6' AND action = 'ended' AND run_table = 'public.jobs';
CREATE OR REPLACE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'second ' || $1 $$;
SELECT * FROM end_and_find(7);
SELECT run_key FROM ledger_entry WHERE f(run_key) = 'second 7' AND action = 'ended' AND run_table = 'public.jobs';
DROP INDEX extra;
SELECT * FROM end_and_find(8);

-- Within a transaction, and when it is undone.
BEGIN;
SELECT * FROM end_and_find(9);
CREATE INDEX extra ON ledger_entry (run_key) WHERE run_key = '10' AND run_table = 'public.jobs';
SELECT * FROM end_and_find(10);
SELECT run_key, action FROM ledger_entry WHERE run_key = '10' AND action = 'ended' AND run_table = 'public.jobs';
SAVEPOINT s;
REINDEX TABLE ledger_entry;
SELECT * FROM end_and_find(11);
ROLLBACK TO s;
SELECT * FROM end_and_find(12);
ROLLBACK;
SELECT * FROM end_and_find(9);

-- In one statement with many rows, and as a constraint that one of them breaks.
CREATE UNIQUE INDEX extra ON ledger_entry (run_key) WHERE run_key IN ('20', '21') AND action = 'ended' AND run_table = 'public.jobs';
UPDATE jobs SET status = 'failed' WHERE id BETWEEN 20 AND 29;
SELECT run_key FROM ledger_entry WHERE run_key IN ('20', '21') AND action = 'ended' AND run_table = 'public.jobs' ORDER BY 1;
DROP INDEX extra;
CREATE UNIQUE INDEX extra ON ledger_entry ((1)) WHERE run_key IN ('30', '31') AND action = 'ended' AND run_table = 'public.jobs';
UPDATE jobs SET status = 'failed' WHERE id = 30;
UPDATE jobs SET status = 'failed' WHERE id = 31;
SELECT id, status FROM jobs WHERE id IN (30, 31) ORDER BY 1;
DROP INDEX extra;
SELECT * FROM end_and_find(31);

-- Of access methods that keep something between the rows of a statement, with an index that changes meanwhile.
CREATE INDEX kept ON ledger_entry USING gin (evidence);
CREATE INDEX kept_too ON ledger_entry USING brin (recorded_at) WITH (pages_per_range = 1);
SELECT * FROM end_and_find(40);
ALTER INDEX kept SET (fastupdate = off);
ALTER INDEX kept_too SET (pages_per_range = 2);
SELECT * FROM end_and_find(41);
ALTER INDEX kept RENAME TO renamed;
SELECT * FROM end_and_find(42);
DO $$
BEGIN
  UPDATE jobs SET status = 'failed' WHERE id = 43;
  RAISE 'undone';
EXCEPTION WHEN raise_exception THEN
  UPDATE jobs SET status = 'failed' WHERE id IN (44, 45);
END $$;
SELECT run_key FROM ledger_entry WHERE evidence @> '{}' AND run_key IN ('43', '44', '45') AND run_table = 'public.jobs' AND action = 'ended' ORDER BY 1;
DROP INDEX renamed, kept_too;

-- All that is there, by each index and without.
RESET enable_bitmapscan;
CREATE TEMPORARY TABLE by_index AS SELECT entry_id, leaf_hash FROM ledger_entry WHERE run_table = 'public.jobs';
SET enable_seqscan = on;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT count(*), count(*) - count(i.entry_id) AS missing
FROM ledger_entry e LEFT JOIN by_index i USING (entry_id, leaf_hash) WHERE run_table = 'public.jobs';

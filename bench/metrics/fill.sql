-- A history of :retries retries of one table, each with its birth and its end on the ledger, within :entries ledger
-- entries, filled set by set; and what counting them one by one and folding would have left.
CREATE TABLE worker_runs (id bigint PRIMARY KEY, status text NOT NULL DEFAULT 'queued', error text);
SELECT govern_runs('worker_runs');
INSERT INTO retry_ledger.retry
SELECT overlay(md5(n::text) PLACING '0190' || lpad(to_hex(n), 8, '0') FROM 1 FOR 12)::uuid, 'public.worker_runs', NULL, n::text,
       (n + :retries)::text, 2, 'failed', 'TimeoutError: no answer in 30 s', 'manual_retry', 'app',
       timestamptz '2026-01-01' + n * interval '1 second', NULL, sha256('policy'), NULL, true, NULL
FROM generate_series(1, :retries) n;
INSERT INTO retry_ledger.ledger_entry
SELECT e.*, retry_ledger.ledger_leaf_hash(ROW(e.*, NULL)::retry_ledger.ledger_entry)
FROM (
  SELECT overlay(md5(n::text) PLACING '0190' || lpad(to_hex(n), 8, '0') FROM 1 FOR 12)::uuid,
         timestamptz '2026-01-01' + n % :retries * interval '1 second' + n % 5000 * interval '1 second',
         CASE WHEN n <= :retries THEN 'retried' ELSE 'ended' END, 'public.worker_runs', n::text, NULL::text, 2,
         CASE WHEN n % 3 = 0 THEN 'completed' ELSE 'failed' END, 'running', NULL::text, sha256('policy'), 'app', 'app', 'psql',
         NULL::text, pg_current_xact_id(), sha256('run'), '{}'::jsonb
  FROM generate_series(1, :entries) n
) e;
INSERT INTO retry_ledger.metric_delta
SELECT 'public.worker_runs', 'attempts', '', 0, :retries, 0
UNION ALL
SELECT 'public.worker_runs', metric, status, bound, :retries / 32, :retries
FROM unnest(retry_duration_bounds()) bound, (VALUES ('success', 'completed'), ('failure', 'failed')) e(metric, status);
VACUUM (ANALYZE);

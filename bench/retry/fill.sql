-- A database with :size runs that have ended, before and after adoption.  Of ten runs, one failed and was
-- retried, one is that retry, and :pool failed runs wait for the benchmark.  Filled set by set: adoption takes
-- the rows as found; the ledger gets the entries that their ends and retries would have left there.
INSERT INTO worker_runs (id, tenant_id, worker_id, task, status, error, started_at, completed_at, parent_run_id,
                         attempt, is_retry)
SELECT md5('run' || n)::uuid, 'tenant ' || n / 10 % 100, 'worker ' || n % 1000, 'task ' || n,
       CASE n % 10 WHEN 0 THEN 'failed' ELSE 'completed' END,
       CASE n % 10 WHEN 0 THEN 'ConnectionError: upstream closed the connection' END,
       now() - interval '2 hours', now() - interval '1 hour',
       CASE n % 10 WHEN 1 THEN md5('run' || n - 1)::uuid END,
       CASE n % 10 WHEN 1 THEN 2 ELSE 1 END, n % 10 = 1
FROM generate_series(10, 9 + :size - :pool) n;

INSERT INTO worker_runs (id, tenant_id, worker_id, task, status, error, started_at, completed_at)
SELECT md5('pool' || n)::uuid, 'tenant ' || n / 10 % 100, 'worker ' || n % 1000, 'task ' || n, 'failed',
       'TimeoutError: no answer in 30 s', now() - interval '2 hours', now() - interval '1 hour'
FROM generate_series(1, :pool) n;

-- The same rows for the hand-written statements.
CREATE TABLE plain_runs (LIKE worker_runs INCLUDING ALL);
INSERT INTO plain_runs SELECT * FROM worker_runs;

-- A failed run is retried; the retry fails too, and is retried.  Each call takes the next failed run.
\set ECHO none
SELECT w.id AS run FROM worker_runs w
WHERE w.status = 'failed' AND w.parent_run_id IS NULL
  AND NOT EXISTS (SELECT FROM worker_runs r WHERE r.parent_run_id = w.id)
ORDER BY w.started_at LIMIT 1 \gset
\set ECHO queries

\echo
\echo '-- 3. A run that failed, and its retry: a new run, linked to the old one'
SELECT id, tenant_id, task, status, error, attempt FROM worker_runs WHERE id = :'run';
SELECT original_run_id, retry_run_id, attempt, status, original_status, reason
FROM retry_run(:'run', reason => 'manual_retry');

\set ECHO none
SELECT id AS retry FROM worker_runs WHERE parent_run_id = :'run' \gset
\set ECHO queries
\echo
\echo '-- 4. A worker runs it, and it fails again; the second retry is of that run'
UPDATE worker_runs SET status = 'running', started_at = now() WHERE id = :'retry';
UPDATE worker_runs SET status = 'failed', error = 'model timed out after 60 s', completed_at = now()
WHERE id = :'retry';
SELECT original_run_id, retry_run_id, attempt, status, original_status, reason
FROM retry_run(:'retry', reason => 'the model is back');

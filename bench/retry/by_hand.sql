\set i :i + 1
\set k :i * :clients + :client_id
WITH parent AS (
  SELECT * FROM plain_runs WHERE id = md5('pool' || :k)::uuid AND status = 'failed'
), run AS (
  INSERT INTO plain_runs (parent_run_id, tenant_id, worker_id, task, status, attempt, is_retry)
  SELECT id, tenant_id, worker_id, task, 'queued', attempt + 1, true FROM parent
  RETURNING *
), link AS (
  INSERT INTO plain_retry
  SELECT gen_random_uuid(), 'public.worker_runs', run.tenant_id, parent.id::text, run.id::text, run.attempt,
         parent.status, parent.error, 'manual_retry', current_user, now()
  FROM parent, run
)
INSERT INTO plain_ledger
SELECT gen_random_uuid(), now(), 'retried', 'public.worker_runs', parent.id::text, run.tenant_id, run.attempt,
       'manual_retry', parent.status, NULL, '\x0000000000000000000000000000000000000000000000000000000000000000',
       session_user, current_user, current_setting('application_name'), NULL, pg_current_xact_id(),
       '\x0000000000000000000000000000000000000000000000000000000000000000',
       jsonb_build_object('retry_run_id', run.id), '\x0000000000000000000000000000000000000000000000000000000000000000'
FROM parent, run
RETURNING run_key, attempt, evidence;

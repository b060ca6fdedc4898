\set i :i + 1
\set k :i * :clients + :client_id
INSERT INTO plain_runs (parent_run_id, tenant_id, worker_id, task, status, attempt, is_retry)
SELECT id, tenant_id, worker_id, task, 'queued', attempt + 1, true
FROM plain_runs WHERE id = md5('pool' || :k)::uuid AND status = 'failed'
RETURNING id, attempt, status;

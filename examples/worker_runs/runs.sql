-- 10,000 runs of four tenants: 5 in 100 failed, a few are queued or running, the others are completed.
INSERT INTO worker_runs (tenant_id, worker_id, task, status, error, started_at, completed_at)
SELECT 'tenant-' || n % 4,
       'worker-' || n % 16,
       (ARRAY['summarise', 'classify', 'extract', 'translate', 'index'])[1 + n / 20 % 5],
       kind.status,
       CASE kind.status WHEN 'failed' THEN (ARRAY['connection reset by peer', 'model timed out after 60 s',
                                                  'no space left on device'])[1 + n / 20 % 3] END,
       CASE WHEN kind.status <> 'queued' THEN begun END,
       CASE WHEN kind.status IN ('completed', 'failed') THEN begun + n % 90 * interval '1 second' END
FROM generate_series(1, 10000) AS n,
     LATERAL (SELECT CASE WHEN n % 20 = 7 THEN 'failed' WHEN n > 9990 THEN 'running' WHEN n > 9970 THEN 'queued'
                          ELSE 'completed' END AS status,
                     now() - (10001 - n) * interval '1 minute' AS begun) AS kind;

INSERT INTO aos_traces (run_id, tenant_id, root_hash)
SELECT id, tenant_id, encode(sha256(convert_to(id::text, 'UTF8')), 'hex') FROM worker_runs WHERE status = 'failed';

INSERT INTO aos_trace_steps
SELECT t.id, step.index, step.name, 10 * step.index
FROM aos_traces t, (VALUES (1, 'fetch'), (2, 'think'), (3, 'answer')) AS step (index, name);

ANALYZE;

-- The work queue: what becomes work, claiming it, and reporting on it.
CREATE TABLE wk_runs (
  id bigint PRIMARY KEY, tenant_id text, task text, urgency int,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
  error text, response jsonb, tokens int, started_at timestamptz, completed_at timestamptz);
SELECT count(*) > 0 AS adopted FROM govern_runs('wk_runs', input_columns => '{task,urgency}');
CREATE VIEW wk_items AS SELECT job_id, kind, queue, tenant, attempt, priority, payload, state, fence, worker,
  deliveries, final_status FROM work_item WHERE run_table = 'public.wk_runs' ORDER BY job_id;
CREATE VIEW wk_rows AS SELECT id, status, error, response, tokens, started_at IS NOT NULL AS started,
  completed_at IS NOT NULL AS completed FROM wk_runs ORDER BY id;

-- As refused(), without times.
CREATE FUNCTION wk_refused(statement text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT field || ': ' || regexp_replace(value, '\d{4}-\d\d-\d\dT[0-9:.+-]+', '<time>', 'g') FROM refused(statement) $$;

-- Without a queue nothing is work, and retry_run names no dispatch.
INSERT INTO wk_runs (id, tenant_id, task) VALUES (1, 'a', 'first');
UPDATE wk_runs SET status = 'failed', error = 'timed out' WHERE id = 1;
SELECT retry_run_id, dispatch_id FROM retry_run(1, new_run_id => '11');
UPDATE wk_runs SET status = 'failed' WHERE id = 11;
SELECT set_work_queue('wk_runs', 'gpu', priority_column => 'urgency');
SELECT queue, dispatch, payload, priority, priority_column, lease_us, timeout_us, max_deliveries, start_status,
  timeout_status, interrupted_status, started_column, finished_column, notify FROM work_queue;

-- Retries are work, by function and by hand; first runs only if asked for.
INSERT INTO wk_runs (id, tenant_id, task) VALUES (2, 'a', 'second');
SELECT retry_run_id, dispatch_id FROM retry_run(11, new_run_id => '12');
UPDATE wk_runs SET status = 'failed' WHERE id = 2;
INSERT INTO wk_runs (id, tenant_id, task, urgency, parent_run_id) VALUES (21, 'a', 'by hand', 7, 2);
SELECT set_work_queue('wk_runs', dispatch => 'all');
INSERT INTO wk_runs (id, tenant_id, task, urgency) VALUES (3, 'b', 'third', NULL), (4, 'b', 'fourth', 1);
SELECT * FROM wk_items;

-- Greater priority first, then the older.
SELECT job_id, fence, kind, run_table, run_id, tenant, attempt, payload, deadline, delivery,
       lease_until - now() > '50 seconds' AS leased FROM claim_work('gpu', 'worker 1');
SELECT job_id, fence, kind FROM claim_work('gpu', 'worker 2', 2);
SELECT * FROM wk_rows WHERE id > 2;

-- A report ends row and item together.
SELECT finish_work('21', 1, 'completed', '{"response": {"text": "done"}, "tokens": 12}');
SELECT finish_work('4', 1, 'failed', '{"error": "out of memory"}', run_table => 'wk_runs');
SELECT * FROM wk_rows WHERE id > 2;
SELECT * FROM wk_items;
SELECT run_key, action, reason_code FROM ledger_entry WHERE run_table = 'public.wk_runs' AND run_key IN ('4', '21')
  ORDER BY recorded_at;

-- What a stale worker says doesn't count.
SELECT wk_refused($$SELECT finish_work('21', 1, 'failed')$$);
SELECT wk_refused($$SELECT finish_work('12', 0, 'failed')$$);

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
SELECT retry_run_id, dispatch_id FROM retry_run(1, run_table => 'wk_runs', new_run_id => '11');
UPDATE wk_runs SET status = 'failed' WHERE id = 11;
SELECT set_work_queue('wk_runs', 'gpu', priority_column => 'urgency');
SELECT queue, dispatch, payload, priority, priority_column, lease_us, timeout_us, max_deliveries, start_status,
  timeout_status, interrupted_status, started_column, finished_column, notify FROM work_queue WHERE queue = 'gpu';

-- Retries are work, by function and by hand; first runs only if asked for.
INSERT INTO wk_runs (id, tenant_id, task) VALUES (2, 'a', 'second');
SELECT retry_run_id, dispatch_id FROM retry_run(11, run_table => 'wk_runs', new_run_id => '12');
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
SELECT wk_refused($$SELECT finish_work('77', 1, 'failed')$$);
SELECT wk_refused($$SELECT finish_work(NULL, NULL, NULL)$$);

-- An outcome is of outcome columns, a status an ended one; nothing has changed after a refusal.
SELECT wk_refused($$SELECT finish_work('12', 1, 'running')$$);
SELECT wk_refused($$SELECT finish_work('12', 1, 'failed', '{"task": "other"}')$$);
SELECT wk_refused($$SELECT finish_work('12', 1, 'failed', '{"status": "completed"}')$$);
SELECT wk_refused($$SELECT finish_work('12', 1, 'failed', '[1]')$$);
SELECT wk_refused($$SELECT finish_work('12', 1, 'failed', '{"tokens": "many"}')$$);
SELECT wk_refused($$SELECT finish_work('12', 1, 'failed', run_table => 'pg_class')$$);
SELECT job_id, state, fence, final_status FROM wk_items WHERE job_id = '12';
-- The time that the worker says is kept.
SELECT finish_work('12', 1, 'completed', '{"completed_at": "2026-01-02T03:04:05Z", "tokens": null}');
SELECT completed_at = '2026-01-02T03:04:05Z' AS said FROM wk_runs WHERE id = 12;

-- Arguments of a claim.
SELECT wk_refused($$SELECT claim_work('', 'w')$$);
SELECT wk_refused($$SELECT claim_work('gpu', NULL)$$);
SELECT wk_refused($$SELECT claim_work('gpu', 'w', 0)$$);
SELECT wk_refused($$SELECT claim_work('gpu', 'w', lease => '-1 second')$$);
SELECT wk_refused($$SELECT claim_work('gpu', 'w', lease => '1 month')$$);
SELECT count(*) FROM claim_work('no such queue', 'w');

-- What has ended by other hands isn't handed out: it is settled, and the next one is.
INSERT INTO wk_runs (id, urgency) VALUES (31, 9), (32, 8), (33, 7);
UPDATE wk_runs SET status = 'running' WHERE id = 32;
UPDATE wk_runs SET status = 'completed' WHERE id = 31;
SELECT job_id FROM claim_work('gpu', 'worker 1', 2);
SELECT job_id, state, final_status FROM wk_items WHERE job_id LIKE '3_';
-- Neither does a report change it.
UPDATE wk_runs SET status = 'failed' WHERE id = 33;
SELECT wk_refused($$SELECT finish_work('33', 1, 'completed')$$);

-- Batches: each report by itself.
INSERT INTO wk_runs (id, urgency) SELECT i, 20 FROM generate_series(41, 46) i;
SELECT job_id, fence FROM claim_work('gpu', 'worker 3', 6);
SELECT job_id, run_table, result, detail ->> 'message' AS message FROM finish_work_batch('[
  {"job_id": "41", "fence": 1, "status": "completed", "outcome": {"tokens": 1}},
  {"job_id": "42", "fence": "1", "status": "completed", "outcome": {"tokens": 2}, "run_table": "public.wk_runs"},
  {"job_id": "43", "fence": 1, "status": "failed", "outcome": {"error": "no"}},
  {"job_id": "44", "fence": 2, "status": "failed"},
  {"job_id": "41", "fence": 1, "status": "failed"},
  {"job_id": "77", "fence": 1, "status": "failed"},
  {"job_id": "45", "fence": 1, "status": "gone"},
  {"job_id": "46", "fence": 1, "status": "failed", "run_table": "nowhere"},
  {"job_id": "33", "fence": 1, "status": "failed"}]');
SELECT id, status, error, tokens, completed FROM wk_rows WHERE id BETWEEN 41 AND 46;
-- One that can't be written doesn't keep the others back.
SELECT job_id, result, detail ->> 'sqlstate' AS sqlstate FROM finish_work_batch('[
  {"job_id": "44", "fence": 1, "status": "completed", "outcome": {"tokens": "many"}},
  {"job_id": "45", "fence": 1, "status": "completed", "outcome": {"tokens": 5}}]');
SELECT id, status, tokens FROM wk_rows WHERE id IN (44, 45);
SELECT * FROM finish_work_batch('[]');
SELECT wk_refused($$SELECT finish_work_batch('{}')$$);
SELECT wk_refused($$SELECT finish_work_batch('[{"job": 1}]')$$);
SELECT wk_refused($$SELECT finish_work_batch('[{"job_id": "44", "fence": -1}]')$$);

-- Heartbeats: never beyond the deadline, never less than before.
SELECT extend_lease('44', 1, '1 hour') - now() > '59 minutes' AS extended;
SELECT extend_lease('44', 1, '1 second') - now() > '59 minutes' AS kept;
SELECT wk_refused($$SELECT extend_lease('44', 2)$$);
SELECT wk_refused($$SELECT extend_lease('77', 1)$$);
SELECT wk_refused($$SELECT extend_lease('44', 1, '0')$$);

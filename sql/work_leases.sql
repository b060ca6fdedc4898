-- Leases that run out: the attempt ends as interrupted, or is handed out once more; deadlines; work for later.
CREATE TABLE wl_runs (
  id bigint PRIMARY KEY, tenant_id text, task text,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'dispatched', 'running', 'completed', 'failed', 'timeout')),
  error varchar(100), ended_at timestamptz);
SELECT count(*) > 0 AS adopted FROM govern_runs('wl_runs', transitions => '{
  "queued": ["dispatched"], "dispatched": ["running", "failed"], "running": ["completed", "failed", "timeout"]}');
SELECT set_work_queue('wl_runs', 'leases', dispatch => 'all', start_status => 'running', timeout => '1 hour');
SELECT timeout_status, interrupted_status, finished_column FROM work_queue WHERE queue = 'leases';
-- Time passes.
CREATE FUNCTION wl_let_pass(job text, past interval, deadline boolean DEFAULT false) RETURNS void LANGUAGE sql AS $$
  UPDATE work_item SET lease_until = now() - past, deadline = CASE WHEN $3 THEN now() - past ELSE work_item.deadline END
  WHERE job_id = job AND run_table = 'public.wl_runs' $$;
CREATE VIEW wl_items AS SELECT job_id, state, fence, worker, deliveries, final_status FROM work_item
  WHERE run_table = 'public.wl_runs' ORDER BY job_id::int;

-- A claim goes through the statuses that lie between.
INSERT INTO wl_runs (id) SELECT i FROM generate_series(1, 5) i;
SELECT job_id, fence, deadline IS NOT NULL AS has_deadline FROM claim_work('leases', 'lost', 3);
SELECT id, status FROM wl_runs ORDER BY id;
SELECT extend_lease('1', 1, '1 day') = deadline AS up_to_the_deadline FROM work_item WHERE job_id = '1' AND queue = 'leases';

-- Nothing has run out yet.
SELECT * FROM expire_leases('leases');
SELECT wl_let_pass('1', '1 second'), wl_let_pass('2', '2 seconds', true);
SELECT * FROM expire_leases('another queue');
SELECT job_id, run_table, run_id, fence, worker, became FROM expire_leases('leases') ORDER BY job_id;
SELECT id, status, regexp_replace(error, '\d{4}-.*', '<time>') AS error, ended_at IS NOT NULL AS ended,
       classify_failure(error) AS class FROM wl_runs WHERE id < 3 ORDER BY id;
SELECT * FROM wl_items WHERE job_id IN ('1', '2');
SELECT run_key, action, reason_code, attempt, evidence - '{lease_until,deadline}'::text[] AS evidence FROM ledger_entry
  WHERE run_table = 'public.wl_runs' AND action IN ('lease_lost', 'timed_out') ORDER BY run_key;
-- The worker comes back too late.
SELECT wk_refused($$SELECT finish_work('1', 1, 'completed')$$);
-- If nobody has noticed it still counts.
SELECT wl_let_pass('3', '1 second');
SELECT finish_work('3', 1, 'completed', run_table => 'wl_runs');

-- The next claim settles what ran out.
SELECT job_id FROM claim_work('leases', 'lost', 1);
SELECT wl_let_pass('4', '1 second');
SELECT job_id FROM claim_work('leases', 'worker', 1);
SELECT id, status FROM wl_runs WHERE id IN (4, 5) ORDER BY id;

-- Redelivery of the same attempt, where the table says so: another fence, recorded.
SELECT set_work_queue('wl_runs', max_deliveries => 2);
SELECT wl_let_pass('5', '1 second');
-- Of every queue: other tests' items may have been lost by now, too.
SELECT job_id, became FROM expire_leases() WHERE run_table = 'public.wl_runs';
SELECT * FROM wl_items WHERE job_id = '5';
SELECT job_id, fence, attempt, delivery FROM claim_work('leases', 'second', 1);
SELECT wk_refused($$SELECT finish_work('5', 1, 'completed')$$);
SELECT action, evidence ->> 'worker' AS worker, evidence ->> 'fence' AS fence FROM ledger_entry
  WHERE run_table = 'public.wl_runs' AND run_key = '5' ORDER BY recorded_at;
SELECT wl_let_pass('5', '1 second');
SELECT job_id, became FROM expire_leases(max => 1);
SELECT id, status FROM wl_runs WHERE id = 5;

-- A row that had ended by other hands; arguments.
INSERT INTO wl_runs (id) VALUES (6);
SELECT job_id FROM claim_work('leases', 'lost');
UPDATE wl_runs SET status = 'completed' WHERE id = 6;
SELECT wl_let_pass('6', '1 second');
SELECT job_id, became FROM expire_leases('leases');
SELECT set_work_queue('wl_runs', max_deliveries => 1);
INSERT INTO wl_runs (id) VALUES (61);
SELECT job_id FROM claim_work('leases', 'lost');
UPDATE wl_runs SET status = 'completed' WHERE id = 61;
SELECT wl_let_pass('61', '1 second');
SELECT job_id, became FROM expire_leases('leases');
SELECT * FROM wl_items WHERE job_id LIKE '6%';
SELECT wk_refused($$SELECT expire_leases(max => 0)$$);

-- What can't be settled doesn't stop the queue.
CREATE FUNCTION wl_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
CREATE TRIGGER wl_refuse BEFORE UPDATE ON wl_runs FOR EACH ROW WHEN (OLD.id = 7 AND NEW.status = 'failed')
  EXECUTE FUNCTION wl_refuse();
INSERT INTO wl_runs (id) VALUES (7), (71), (8);
SELECT job_id FROM claim_work('leases', 'lost', 2);
SELECT wl_let_pass('7', '1 second'), wl_let_pass('71', '1 second');
SELECT job_id FROM claim_work('leases', 'worker');
SELECT job_id, became FROM expire_leases('leases');
SELECT id, status FROM wl_runs WHERE id IN (7, 71) ORDER BY id;
SELECT finish_work('7', 1, 'completed'), finish_work('8', 1, 'failed', '{"error": "flaky"}');

-- Work of a retry isn't claimed before its time.
SELECT set_retry_policy('wl_runs', backoff_base => '1 hour');
SELECT dispatch_id, detail ->> 'not_before' IS NOT NULL AS later FROM retry_run(8, run_table => 'wl_runs', new_run_id => '9');
SELECT state, not_before - now() > '50 minutes' AS later FROM work_item WHERE job_id = '9' AND queue = 'leases';
SELECT count(*) FROM claim_work('leases', 'worker');
UPDATE work_item SET not_before = now() - interval '1 second' WHERE job_id = '9' AND queue = 'leases';
SELECT job_id, kind, attempt FROM claim_work('leases', 'worker');

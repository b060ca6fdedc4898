-- Rate limits of a queue and of its tenants; the depth of a queue; shared queues; settings that are refused.
CREATE TABLE wr_runs (
  id bigint PRIMARY KEY, tenant_id text, status text NOT NULL DEFAULT 'queued'
    CHECK (status IN ('queued', 'running', 'completed', 'failed')), error text);
SELECT count(*) > 0 AS adopted FROM govern_runs('wr_runs');
SELECT set_work_queue('wr_runs', 'limited', dispatch => 'all', rate_limit => 3, rate_window => '1 hour');
INSERT INTO wr_runs (id, tenant_id) SELECT i, CASE WHEN i < 6 THEN 'a' WHEN i < 9 THEN 'b' END FROM generate_series(1, 9) i;
SELECT queue, run_table, queued, scheduled, in_flight, expired, oldest_queued_seconds >= 0 AS oldest
  FROM work_queue_depth WHERE queue = 'limited';
-- Three an hour, however they are claimed.
SELECT job_id FROM claim_work('limited', 'w', 2);
SELECT job_id FROM claim_work('limited', 'w', 2);
SELECT job_id FROM claim_work('limited', 'w', 2);
SELECT tenant, tokens < 0.01 AS used_up FROM work_rate WHERE queue = 'limited';
-- Twenty minutes later.
UPDATE work_rate SET filled_at = filled_at - interval '20 minutes' WHERE queue = 'limited';
SELECT job_id FROM claim_work('limited', 'w', 5);
-- By tenant: the others' work goes on; work without a tenant isn't limited.
SELECT set_work_queue('wr_runs', clear => '{rate_limit}', tenant_rate_limit => 1, tenant_rate_window => '1 day');
SELECT job_id FROM claim_work('limited', 'w', 9);
SELECT job_id FROM claim_work('limited', 'w', 9);
SELECT tenant, tokens < 0.01 AS used_up FROM work_rate WHERE queue = 'limited' AND tenant IS NOT NULL ORDER BY tenant;
SELECT set_work_queue('wr_runs', clear => '{tenant_rate_limit}');
UPDATE wr_runs SET status = 'completed' WHERE id = 7;
SELECT job_id FROM claim_work('limited', 'w', 9);
UPDATE work_item SET lease_until = now() WHERE queue = 'limited' AND job_id = '1';
SELECT queue, run_table, queued, scheduled, in_flight, expired, oldest_queued_seconds FROM work_queue_depth
  WHERE queue = 'limited';

-- A queue that two tables share; the strictest limit counts.
CREATE TABLE wr_more (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), status text NOT NULL DEFAULT 'PENDING'
  CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED')), note text);
SELECT count(*) > 0 AS adopted FROM govern_runs('wr_more');
SELECT set_work_queue('wr_more', 'shared', dispatch => 'all', priority => 5, rate_limit => 2, lease => '10 minutes');
SELECT set_work_queue('wr_runs', 'shared', rate_limit => 1000);
INSERT INTO wr_runs (id) VALUES (21), (22);
INSERT INTO wr_more (note) VALUES ('one');
SELECT run_table, attempt, payload, lease_until - now() > '9 minutes' AS longer FROM claim_work('shared', 'w', 5);
SELECT status FROM wr_more;
SELECT queue, run_table, queued, in_flight FROM work_queue_depth WHERE queue = 'shared' ORDER BY run_table;

-- Every change of a queue is on the ledger.
SELECT run_table, evidence -> 'work_queue' ->> 'queue' AS queue, evidence -> 'work_queue' ->> 'rate_limit' AS rate_limit
  FROM ledger_entry WHERE action = 'work_queue_set' AND run_table LIKE 'public.wr%' ORDER BY recorded_at;

-- What a queue can't be.
SELECT * FROM refused($$SELECT set_work_queue(NULL)$$);
SELECT * FROM refused($$SELECT set_work_queue('pg_class')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', '')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', dispatch => 'some')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', mode => 'file')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', priority_column => 'status')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', lease => '0 s')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', timeout => '-1 h')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', max_deliveries => 0)$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', start_status => 'completed')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', timeout_status => 'running')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', interrupted_status => 'gone')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', started_column => 'error')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', finished_column => 'nowhere')$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', rate_limit => 0)$$);
SELECT * FROM refused($$SELECT set_work_queue('wr_runs', clear => '{queue}')$$);
SELECT queue, rate_limit FROM work_queue WHERE run_table = 'wr_runs'::regclass;

-- A claim that leaves the row alone: the worker says itself when it starts.
SELECT set_work_queue('wr_runs', 'quiet', start_status => '', clear => '{rate_limit}');
INSERT INTO wr_runs (id) VALUES (31), (32);
UPDATE wr_runs SET status = 'failed' WHERE id = 31;
SELECT job_id FROM claim_work('quiet', 'w', 2);
SELECT id, status FROM wr_runs WHERE id > 30 ORDER BY id;
SELECT finish_work('32', 1, 'completed', run_table => 'wr_runs');

-- Work of a released table is gone, and with it what claims of its queue would find.
INSERT INTO wr_runs (id) VALUES (33);
SELECT count(*) > 0 AS asked FROM release_governance('wr_runs', 'done with it');
SELECT count(*) > 0 AS released FROM approve_release('wr_runs');
SELECT count(*) FROM work_item WHERE run_table = 'public.wr_runs';
SELECT count(*) FROM claim_work('quiet', 'w', 2);

-- Lines of the log, for whoever asks for them.
SET retry_ledger.log_attempts = on;
SET client_min_messages = log;
INSERT INTO wr_more (id) VALUES ('00000000-0000-0000-0000-000000000001');
UPDATE work_rate SET tokens = 1 WHERE queue = 'shared';
SELECT count(*) FROM claim_work('shared', 'w 1');
DO $$ BEGIN PERFORM set_config('client_min_messages', 'error', true);
  PERFORM finish_work('00000000-0000-0000-0000-000000000001', 1, 'FAILED'); END $$;
RESET client_min_messages;
RESET retry_ledger.log_attempts;

-- Scenario Q on the tables of examples/questions: one question of an execution is run again.
-- Each description starts with the ids of the requirements that it proves (doc/traceability.md).  Real workers, HTTP,
-- crashes: test/clients/worker and test/soak/work; two requests at the same time: test/isolation.
SELECT no_plan();
\set QUIET on
\ir ../../examples/questions/tables.sql
\ir ../../examples/questions/adopt.sql
\set ECHO none
SET search_path = public, retry_ledger, tap;

INSERT INTO jobs VALUES (2, '{"input": {"questions": [{"prompt": "One?", "system_prompt": "Count."}, {"prompt": "Two?"}, {"prompt": "Three?"}]}}');
INSERT INTO executions (job_id, region, question_index, model_id)
  SELECT 2, region, i, CASE i WHEN 2 THEN 'qwen2.5' END FROM unnest('{eu-west,us-east,ap-south}'::text[]) region, generate_series(0, 2) i;
CREATE FUNCTION of(wanted text, question int) RETURNS bigint LANGUAGE sql AS $$
  SELECT max(id) FROM executions WHERE job_id = 2 AND region = wanted AND question_index = question $$;
-- A worker that reports the same for all that it claims.
CREATE FUNCTION carry_out(status text, outcome jsonb DEFAULT NULL, worker text DEFAULT 'w') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT r.result FROM finish_work_batch((SELECT jsonb_agg(jsonb_build_object('job_id', job_id, 'fence', fence, 'status', $1, 'outcome', $2))
    FROM claim_work('questions', $3, 100))) r $$;

-- ---- Q4, Q5: first runs are work as well ----------------------------------------------------------------------
CREATE TABLE claimed AS SELECT * FROM claim_work('questions', 'worker 1', 100);
SELECT is(count(*), 9::bigint, 'Q5 a worker claims the work') FROM claimed;
SELECT is(payload, jsonb_build_object('execution', job_id, 'prompt', 'One?', 'system_prompt', 'Count.', 'model', 'llama3.2-1b', 'region', 'eu-west',
  'temperature', 0.7, 'max_tokens', 2000, 'timeout_s', 60, 'failed_providers', '[]'::jsonb),
  'Q4 prompt and system prompt of that question, model, region, temperature, max tokens, timeout')
  FROM claimed WHERE job_id = of('eu-west', 0)::text;
SELECT is(payload ->> 'model', 'qwen2.5', 'Q4 the execution''s own model, where it has one') FROM claimed WHERE job_id = of('us-east', 2)::text;
SELECT is(payload ->> 'system_prompt', '', 'Q4 no system prompt is an empty one') FROM claimed WHERE job_id = of('us-east', 1)::text;
SELECT is(count(*), 0::bigint, 'Q5 nobody else gets it') FROM claim_work('questions', 'worker 2', 100);
SELECT is(count(*), 9::bigint, 'Q5 it runs') FROM executions WHERE status = 'running' AND started_at IS NOT NULL;
SELECT is(extend_lease(job_id, fence, '10 minutes'), deadline, 'Q4 Q5 a heartbeat holds it, up to its deadline') FROM claimed
  WHERE job_id = of('eu-west', 0)::text;
CREATE TABLE reports AS
  SELECT c.job_id, c.fence, CASE e.region WHEN 'eu-west' THEN (ARRAY['failed', 'timeout', 'error'])[e.question_index + 1] ELSE 'completed' END AS status
  FROM claimed c JOIN executions e ON e.id::text = c.job_id;
SELECT is(finish_work(job_id, fence, status, CASE status
    WHEN 'completed' THEN '{"provider_id": "p-1", "output_data": {"response": "1", "duration_ms": 17, "tokens": 3}}'
    ELSE '{"provider_id": "p-1", "original_error": "HTTP 503 Service Unavailable"}' END::jsonb), status, 'Q5 it is reported as ' || status)
  FROM reports ORDER BY job_id::bigint;
SELECT is(count(*), 6::bigint, 'Q5 response, provider_id, duration_ms, tokens and completion time follow') FROM executions
  WHERE job_id = 2 AND status = 'completed' AND provider_id = 'p-1' AND output_data ->> 'response' = '1'
    AND output_data ->> 'duration_ms' = '17' AND output_data ->> 'tokens' = '3' AND completed_at IS NOT NULL;
SELECT is(count(*), 3::bigint, 'Q5 or the error') FROM executions
  WHERE job_id = 2 AND status IN ('failed', 'timeout', 'error') AND original_error LIKE 'HTTP 503%' AND completed_at IS NOT NULL;
CREATE TABLE before AS SELECT * FROM executions;

-- ---- Q1, Q2 ----------------------------------------------------------------------------------------------------
SELECT is(r.original_status || ' ' || r.attempt, e.status || ' 2', 'Q1 retried from ' || e.status)
  FROM before e, retry_run(e.id) r WHERE e.job_id = 2 AND e.region = 'eu-west' ORDER BY e.id;
SELECT throws_ok(format('SELECT retry_run(%s)', of('us-east', 0)), 'PT409',
  format('RETRY_NOT_ALLOWED_STATE: run %s is completed', of('us-east', 0)), 'Q1 completed: refused');
SELECT throws_ok(format('SELECT retry_run(%s)', of('eu-west', 0)), 'PT409',
  format('JOB_ALREADY_RUNNING: run %s is pending', of('eu-west', 0)), 'Q1 pending: refused');
SELECT results_eq('SELECT carry_out(''failed'', ''{"provider_id": "p-2"}'')', $$SELECT 'finished' FROM generate_series(1, 3)$$, 'Q2 the second attempts fail');
SELECT is(attempt, 3, 'Q2 attempt 3') FROM retry_run(of('eu-west', 0));
SELECT is(payload -> 'failed_providers', '["p-1", "p-2"]', 'Q7 the work names the providers that failed before')
  FROM work_item WHERE job_id = of('eu-west', 0)::text;
SELECT is(carry_out('timeout', '{"provider_id": "p-3"}'), 'finished', 'Q2 which times out');
SELECT is(attempt, 4, 'Q2 attempt 4') FROM retry_run(of('eu-west', 0));
SELECT is(payload -> 'failed_providers', '["p-1", "p-2", "p-3"]', 'Q7 all of them') FROM work_item WHERE job_id = of('eu-west', 0)::text;
SELECT is(carry_out('error', '{"provider_id": "p-1"}'), 'finished', 'Q2 which breaks');
SELECT throws_ok(format('SELECT retry_run(%s)', of('eu-west', 0)), 'PT400',
  format('MAX_ATTEMPTS_REACHED: run %s is attempt 4 and the policy allows 3 retries', of('eu-west', 0)), 'Q2 and no more');
SELECT throws_ok(format('INSERT INTO executions (job_id, region, question_index, parent_run_id) VALUES (2, ''eu-west'', 0, %s)', of('eu-west', 0)),
  'PT400', NULL, 'Q2 by hand neither');

-- ---- Q3 --------------------------------------------------------------------------------------------------------
SELECT throws_ok(format($$SELECT retry_run(%s, overrides => '{"question_index": %s}')$$, of('eu-west', 1), i), 'PT400',
  format('INVALID_REQUEST: a retry of run %s is refused: job 2 has no question %s, it has 3', of('eu-west', 1), i),
  format('Q3 question %s is none of the job''s', i)) FROM unnest('{-1,3,2147483647}'::int[]) i;
SELECT throws_like(format('INSERT INTO executions (job_id, region, question_index, parent_run_id) VALUES (2, ''eu-west'', 3, %s)', of('eu-west', 1)),
  'INVALID_REQUEST: %', 'Q3 by hand neither');
SELECT results_eq(format($$SELECT decision, code FROM plan_retry(%s, overrides => '{"question_index": 3}')$$, of('eu-west', 1)),
  $$VALUES ('refused', 'INVALID_REQUEST')$$, 'Q3 a plan says so');
SELECT is(decision, 'accepted', 'Q3 one in range is accepted') FROM plan_retry(of('eu-west', 1), overrides => '{"question_index": 2}');
SELECT is((n.job_id, n.region, n.question_index, n.model_id)::text, (o.job_id, o.region, o.question_index, o.model_id)::text,
  'Q3 the retry is of that question in that region')
  FROM executions n JOIN executions o ON o.id = n.parent_run_id WHERE n.attempt = 2 AND n.job_id = 2 ORDER BY n.id;

-- ---- Q6, Q8 ----------------------------------------------------------------------------------------------------
SELECT isnt(dispatch_id, NULL, 'Q6 one request wins') FROM retry_run(of('eu-west', 1));
SELECT throws_ok(format('SELECT retry_run(%s)', parent_run_id), 'PT409',
  format('ALREADY_RETRIED: run %s is already retried by run %s', parent_run_id, id), 'Q6 the other is told so, and by which run')
  FROM executions WHERE id = of('eu-west', 1);
SELECT results_eq('SELECT * FROM before ORDER BY id', 'SELECT * FROM executions WHERE id IN (SELECT id FROM before) ORDER BY id',
  'Q8 every other execution is byte for byte what it was, the failed ones too');
SELECT is(count(*), 0::bigint, 'Q8 other regions and questions have no new run') FROM executions
  WHERE id NOT IN (SELECT id FROM before) AND (region <> 'eu-west' OR job_id <> 2);
SELECT throws_like(format('UPDATE executions SET status = ''pending'' WHERE id = %s', id), 'PB-S1 VIOLATION: %',
  'Q1 none is set back') FROM before WHERE status = 'failed' ORDER BY id;

-- ---- Q5: a worker that vanishes ---------------------------------------------------------------------------------
SELECT is(kind, 'retry', 'Q5 a worker takes the retry and vanishes') FROM claim_work('questions', 'vanished');
UPDATE work_item SET lease_until = now() - interval '1 second' WHERE state = 'leased';
SELECT is(became, 'interrupted', 'Q5 its lease runs out') FROM expire_leases('questions');
SELECT is(status || ' ' || classify_failure(original_error), 'failed interrupted', 'Q5 the attempt ends, and says why')
  FROM executions WHERE id = of('eu-west', 1);
SELECT throws_like(format('SELECT finish_work(%L, 1, ''completed'')', of('eu-west', 1)), 'STALE_LEASE: %', 'Q5 what it says later doesn''t count');
SELECT is(count(*), 0::bigint, 'Q5 nothing is run again by itself') FROM claim_work('questions', 'w');
SELECT is(attempt, 4, 'Q5 it is retried') FROM retry_run(of('eu-west', 1));
SELECT is(carry_out('completed', '{"output_data": {"response": "2"}}', 'heir'), 'finished', 'Q5 by another worker');

-- ---- Q9 --------------------------------------------------------------------------------------------------------
SELECT results_eq($$SELECT a.attempt, a.status FROM run_attempts a JOIN before b ON b.id::text = a.root_run_id
    WHERE b.job_id = 2 AND region = 'eu-west' AND question_index = 0 ORDER BY a.attempt$$,
  $$VALUES (1, 'failed'), (2, 'failed'), (3, 'timeout'), (4, 'error')$$, 'Q9 the history has the final status of each attempt');
SELECT results_eq($$SELECT e.run_key::bigint, e.reason_code FROM ledger_entry e WHERE action = 'ended' AND attempt > 1 ORDER BY 1$$,
  $$SELECT id, status FROM executions WHERE attempt > 1 AND status NOT IN ('pending', 'running') ORDER BY id$$, 'Q9 so does the ledger');
SELECT is_empty($$SELECT run_key, action FROM ledger_entry WHERE action IN ('ended', 'retried') GROUP BY 1, 2 HAVING count(*) > 1$$,
  'Q9 once each');

-- ---- Q10 -------------------------------------------------------------------------------------------------------
SELECT results_eq($$SELECT metric COLLATE "default", sum(value)::bigint FROM retry_metrics WHERE metric IN ('retry_attempts_total', 'retry_success_total',
    'retry_failure_total', 'retry_duration_seconds_count') GROUP BY metric ORDER BY metric$$,
  $$SELECT 'retry_attempts_total', count(*) FROM executions WHERE is_retry
    UNION ALL SELECT 'retry_duration_seconds_count', count(*) FROM executions WHERE is_retry AND status <> 'pending'
    UNION ALL SELECT 'retry_failure_total', count(*) FROM executions WHERE is_retry AND status IN ('failed', 'timeout', 'error')
    UNION ALL SELECT 'retry_success_total', count(*) FROM executions WHERE is_retry AND status = 'completed'$$,
  'Q10 attempts, successes, failures and durations are counted');

-- ---- Q11, Q12 --------------------------------------------------------------------------------------------------
INSERT INTO executions (job_id, region, question_index) SELECT 2, 'eu-north', 0 FROM generate_series(1, 6);
SELECT results_eq($$SELECT queued, scheduled, in_flight FROM work_queue_depth WHERE queue = 'questions'$$, 'VALUES (6::bigint, 0::bigint, 0::bigint)',
  'Q11 the depth of the queue can be watched');
SELECT is(set_work_queue('executions', rate_limit => 4, rate_window => '1 hour'), 'questions', 'Q11 limited');
SELECT is((SELECT count(*) FROM claim_work('questions', 'w', 3)) + (SELECT count(*) FROM claim_work('questions', 'v', 3)), 4::bigint,
  'Q11 work is rate-limited, whoever claims it');
SELECT is(queued || ' ' || in_flight, '2 4', 'Q11 the rest waits') FROM work_queue_depth WHERE queue = 'questions';
SELECT is(set_work_queue('executions', clear => '{rate_limit}'), 'questions', 'Q11 no longer');
SELECT is(current_setting('retry_ledger.log_attempts'), 'off', 'Q12 starts and ends are logged if a setting says so');
SET retry_ledger.log_attempts = on;
SELECT is(count(carry_out), 2::bigint, 'Q12 which changes nothing else') FROM carry_out('failed');
RESET retry_ledger.log_attempts;

-- ---- W10 --------------------------------------------------------------------------------------------------------
SELECT is(count(*), count(*) FILTER (WHERE e.evidence ->> 'retry_run_id' IS NOT NULL AND e.acting_role IS NOT NULL),
  'W10 every retry was asked for: who and why is on the ledger') FROM executions n
  LEFT JOIN ledger_entry e ON e.action = 'retried' AND e.evidence ->> 'retry_run_id' = n.id::text WHERE n.is_retry;
SELECT * FROM finish();

-- The work queue: one question of an execution is run again, from its request to its end (scenario Q), with what files
-- and jobs ask of handing work out (F9, F11, J7, J10), and fencing (B8).
-- Each description starts with the ids of the requirements that it proves (doc/traceability.md).
SELECT no_plan();

CREATE TABLE jobs (id bigint PRIMARY KEY, jobspec_data jsonb NOT NULL);
INSERT INTO jobs VALUES (1, '{"input": {"questions": [{"prompt": "Who was first?", "system_prompt": "Be brief."},
  {"prompt": "Who was second?", "system_prompt": "Be kind."}]}}');
CREATE TABLE executions (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id         bigint NOT NULL REFERENCES jobs,
  region         text NOT NULL,
  model_id       text,
  question_index int NOT NULL,
  status         text NOT NULL DEFAULT 'pending'
                 CHECK (status IN ('pending', 'running', 'completed', 'failed', 'timeout', 'error')),
  provider_id    text,
  output_data    jsonb,
  original_error text,
  completed_at   timestamptz
);
SELECT isnt_empty($$SELECT * FROM govern_runs('executions', error_column => 'original_error',
  outcome_columns => '{provider_id,output_data,completed_at}')$$, 'adopted');
SELECT lives_ok($$SELECT set_retry_policy('executions', retryable_statuses => '{failed,timeout,error}')$$, 'with its rules');

CREATE FUNCTION execution_work(ask jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('execution', ask ->> 'job_id', 'prompt', q ->> 'prompt', 'system_prompt', q ->> 'system_prompt',
    'model', coalesce(ask -> 'run' ->> 'model_id', 'llama3.2-1b'), 'region', ask -> 'run' ->> 'region', 'temperature', 0.7,
    'max_tokens', 2000, 'timeout_s', 60, 'failed_providers', jsonb_path_query_array(ask, '$.previous[*].provider_id ? (@ != null)'))
  FROM public.jobs j, LATERAL (SELECT j.jobspec_data -> 'input' -> 'questions' -> (ask -> 'run' ->> 'question_index')::int) x(q)
  WHERE j.id = (ask -> 'run' ->> 'job_id')::bigint $$;
CREATE FUNCTION question_exists(ask jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT format('job %s has no question %s', j.id, ask -> 'run' ->> 'question_index') FROM public.jobs j
  WHERE j.id = (ask -> 'run' ->> 'job_id')::bigint
    AND j.jobspec_data -> 'input' -> 'questions' -> (ask -> 'run' ->> 'question_index')::int IS NULL $$;
SELECT is(set_work_queue('executions', 'executions', dispatch => 'all', payload_function => 'execution_work',
  check_function => 'question_exists', timeout => '60 seconds'), 'executions', 'work is handed out from a queue');

-- ---- the first executions: two regions, two questions ------------------------------------------------------
INSERT INTO executions (job_id, region, question_index) VALUES (1, 'eu', 0), (1, 'eu', 1), (1, 'us', 0), (1, 'us', 1);
CREATE TABLE claimed AS SELECT * FROM claim_work('executions', 'worker 1', 10);
SELECT is(count(*), 4::bigint, 'J10 first runs are work, too') FROM claimed WHERE kind = 'run' AND attempt = 1;
SELECT is(payload, '{"execution": "2", "prompt": "Who was second?", "system_prompt": "Be kind.", "model": "llama3.2-1b",
  "region": "eu", "temperature": 0.7, "max_tokens": 2000, "timeout_s": 60, "failed_providers": []}',
  'Q4 the work carries everything that is needed to run it') FROM claimed WHERE job_id = '2';
SELECT ok(deadline BETWEEN now() + '50 s' AND now() + '61 s', 'Q4 and has 60 seconds') FROM claimed WHERE job_id = '2';
SELECT is(count(*), 4::bigint, 'Q5 its executions run') FROM executions WHERE status = 'running';
SELECT is(result, 'finished', 'Q5 the worker reports') FROM finish_work_batch((SELECT jsonb_agg(jsonb_build_object(
  'job_id', job_id, 'fence', fence, 'status', CASE WHEN job_id = '2' THEN 'failed' ELSE 'completed' END, 'outcome',
  CASE WHEN job_id = '2' THEN '{"original_error": "HTTP 503", "provider_id": "p-1"}'
  ELSE '{"output_data": {"response": "Ada", "duration_ms": 812, "tokens": 7}, "provider_id": "p-2"}' END::jsonb)) FROM claimed));
SELECT is(count(*), 3::bigint, 'Q5 output, status and completion time follow') FROM executions
  WHERE status = 'completed' AND completed_at IS NOT NULL AND output_data ->> 'tokens' = '7';
CREATE TABLE before AS SELECT * FROM executions;

-- ---- one question is run again -----------------------------------------------------------------------------
SELECT throws_ok($$SELECT retry_run(2, overrides => '{"question_index": 2}')$$, 'PT400',
  'INVALID_REQUEST: a retry of run 2 is refused: job 1 has no question 2', 'Q3 an index outside the job''s questions is refused');
SELECT throws_ok($$INSERT INTO executions (job_id, region, question_index, parent_run_id) VALUES (1, 'eu', -3, 2)$$, 'PT400',
  NULL, 'Q3 by hand as well');
SELECT is(dispatch_id, retry_run_id, 'F9 the retry''s work has the id of its run') FROM retry_run(2);
SELECT throws_ok($$SELECT retry_run(2)$$, 'PT409', NULL, 'F9 a double click is told so');
SELECT is(count(*), 1::bigint, 'F9 and hands nothing out twice') FROM work_item WHERE kind = 'retry';
SELECT results_eq($$SELECT kind, attempt, payload ->> 'prompt', payload -> 'failed_providers' FROM claim_work('executions', 'worker 2', 10)$$,
  $$VALUES ('retry', 2, 'Who was second?', '["p-1"]'::jsonb)$$, 'Q7 J10 work of a retry says so, and which providers failed before');
SELECT results_eq($$SELECT * FROM before ORDER BY id$$, $$SELECT * FROM executions WHERE id <= 4 ORDER BY id$$,
  'Q8 only that execution is affected');

-- ---- who has lost the work can't settle it ------------------------------------------------------------------
UPDATE work_item SET lease_until = now() - interval '1 second' WHERE state = 'leased';
SELECT is(became, 'interrupted', 'Q5 a lost lease ends the attempt, and says so') FROM expire_leases('executions');
SELECT is(classify_failure(original_error), 'interrupted', 'Q5 with a class of its own') FROM executions WHERE attempt = 2;
SELECT throws_like($$SELECT finish_work((SELECT max(id)::text FROM executions), 1, 'completed')$$, 'STALE_LEASE: %',
  'B8 a worker that was given up can''t settle it');
SELECT is(count(*), 1::bigint, 'B8 the lost lease is on the ledger') FROM ledger_entry
  WHERE action = 'lease_lost' AND evidence ->> 'worker' = 'worker 2' AND evidence ->> 'fence' = '1';
SELECT is(dispatch_id, retry_run_id, 'an interrupted attempt may be retried') FROM retry_run((SELECT max(id) FROM executions));
SELECT is(fence, 1::bigint, 'the next attempt is claimed') FROM claim_work('executions', 'worker 3');
SELECT throws_like($$SELECT finish_work((SELECT max(id)::text FROM executions), 7, 'completed')$$, 'STALE_LEASE: %',
  'B8 another fence doesn''t settle it');
SELECT is(finish_work((SELECT max(id)::text FROM executions), 1, 'completed', '{"output_data": {"response": "Bob"}}'),
  'completed', 'B8 the one that holds it does');
SELECT results_eq($$SELECT attempt, status FROM run_attempts WHERE root_run_id = '2' ORDER BY attempt$$,
  $$VALUES (1, 'failed'), (2, 'failed'), (3, 'completed')$$, 'Q9 the history ends with the final status of each attempt');
SELECT results_eq($$SELECT run_key COLLATE "default", reason_code FROM ledger_entry WHERE action = 'ended' AND attempt > 1 ORDER BY recorded_at$$,
  $$SELECT id::text, status FROM executions WHERE attempt > 1 ORDER BY id$$, 'Q9 and so does the ledger');

-- ---- depth and rate ----------------------------------------------------------------------------------------
INSERT INTO executions (job_id, region, question_index) SELECT 1, 'eu', 0 FROM generate_series(1, 5);
SELECT results_eq($$SELECT queued, in_flight FROM work_queue_depth WHERE queue = 'executions'$$, $$VALUES (5::bigint, 0::bigint)$$,
  'Q11 the depth of the queue can be watched');
SELECT ok(oldest_queued_seconds >= 0, 'Q11 and how old the oldest is') FROM work_queue_depth WHERE queue = 'executions';
SELECT is(set_work_queue('executions', rate_limit => 2, rate_window => '1 hour'), 'executions', 'limited');
SELECT is((SELECT count(*) FROM claim_work('executions', 'w', 5)) + (SELECT count(*) FROM claim_work('executions', 'w', 5)),
  2::bigint, 'Q11 work is rate-limited');
SELECT is(set_work_queue('executions', clear => '{rate_limit}'), 'executions', 'and no more');
SELECT is(current_setting('retry_ledger.log_attempts'), 'off', 'Q12 logging attempts is a setting');
SET retry_ledger.log_attempts = on;
SELECT is(count(*), 3::bigint, 'Q12 which changes nothing else') FROM claim_work('executions', 'w', 5);
RESET retry_ledger.log_attempts;

-- ---- handing out fails -------------------------------------------------------------------------------------
SELECT is(finish_work(job_id, fence, 'failed', '{"original_error": "HTTP 503"}'), 'failed', 'one fails')
  FROM work_item WHERE state = 'leased' AND job_id = (SELECT max(id)::text FROM executions);
CREATE TABLE failed AS SELECT max(id) AS id FROM executions;
CREATE TABLE failed_row AS SELECT e.* FROM executions e, failed f WHERE e.id = f.id;
SELECT isnt(dispatch_id, NULL, 'its retry is handed to the orchestrator') FROM failed f, retry_run(f.id);
SELECT is(d.code || ' ' || (d.detail ->> 'http_status'), 'ORCHESTRATOR_DISPATCH_FAILED 502', 'J7 which doesn''t answer')
  FROM dispatch_failed((SELECT max(id) FROM executions), error => 'orchestrator: connection refused') d;
SELECT results_eq('SELECT * FROM failed_row', 'SELECT e.* FROM executions e, failed f WHERE e.id = f.id',
  'J7 the job''s state is not advanced');
SELECT is(count(*), 0::bigint, 'F11 its work is void') FROM claim_work('executions', 'w');
SELECT is(attempt, 2, 'F11 and the void retry doesn''t count') FROM failed f, retry_run(f.id);
SELECT is(count(*), 1::bigint, 'F11 it is on the ledger, with why') FROM ledger_entry
  WHERE action = 'voided' AND failure_class = 'dispatch_failed' AND evidence ->> 'error' LIKE 'orchestrator: %';
SELECT * FROM finish();

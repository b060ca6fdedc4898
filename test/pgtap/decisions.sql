-- Decisions: rules, requests and plans of a queue of model executions (scenarios Q and J, as far as they decide).
-- Each description starts with the ids of the requirements that it proves (doc/traceability.md).
SELECT no_plan();
GRANT USAGE ON SCHEMA tap TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA tap TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA tap TO PUBLIC;
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$;

CREATE TABLE executions (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id      text NOT NULL,
  job_id         bigint NOT NULL,
  region         text NOT NULL,
  model_id       text NOT NULL DEFAULT 'llama3.2-1b',
  question_index int NOT NULL,
  status         text NOT NULL DEFAULT 'pending'
                 CHECK (status IN ('pending', 'running', 'completed', 'failed', 'timeout', 'error', 'cancelled')),
  output_data    jsonb,
  original_error text
);
SELECT isnt_empty($$SELECT * FROM govern_runs('executions', error_column => 'original_error')$$, 'adopted');
SELECT lives_ok($$SELECT set_retry_policy('executions', retryable_statuses => '{failed,timeout,error}', max_attempts => 3,
  reason => 'what can be repeated')$$, 'Q1 the policy names what may be retried');
INSERT INTO executions (tenant_id, job_id, region, question_index)
  SELECT 'tenant ' || i % 2, i, 'eu', i % 3 FROM generate_series(1, 30) i;
UPDATE executions SET status = (ARRAY['failed', 'timeout', 'error', 'completed', 'cancelled', 'running'])[1 + (id - 1) % 6],
  original_error = CASE WHEN (id - 1) % 6 < 3 THEN 'boom' END WHERE id <= 24;

-- ---- Q1, Q2 -------------------------------------------------------------------------------------------------
SELECT results_eq(format('SELECT original_status, attempt FROM retry_run(%s)', id), format('VALUES (%L, 2)', status),
  'Q1 retried from ' || status) FROM executions WHERE id <= 3 ORDER BY id;
SELECT throws_ok(format('SELECT retry_run(%s)', id), 'PT409',
  CASE status WHEN 'running' THEN 'JOB_ALREADY_RUNNING' ELSE 'RETRY_NOT_ALLOWED_STATE' END || format(': run %s is %s', id, status),
  'Q1 refused from ' || status) FROM executions WHERE id BETWEEN 4 AND 6 ORDER BY id;
-- Three retries, one after the other.
CREATE FUNCTION retry_and_fail(run bigint) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE new bigint;
  BEGIN
    SELECT retry_run_id::bigint INTO new FROM retry_run(run);
    UPDATE executions SET status = 'failed', original_error = 'boom' WHERE id = new;
    RETURN new;
  END $$;
CREATE TABLE last AS SELECT retry_and_fail(retry_and_fail(retry_and_fail(7))) AS id;
SELECT is((SELECT attempt FROM executions JOIN last USING (id)), 4, 'Q2 attempts 2, 3 and 4');
SELECT throws_ok(format('SELECT retry_run(%s)', id), 'PT400',
  format('MAX_ATTEMPTS_REACHED: run %s is attempt 4 and the policy allows 3 retries', id), 'Q2 and no more') FROM last;

-- ---- J5: a request is answered once -------------------------------------------------------------------------
SELECT results_eq($$SELECT decision, replayed, attempt FROM retry_run(8, request_id => 'click 1')$$,
  $$VALUES ('accepted', false, 2)$$, 'J5 the first time');
SELECT results_eq($$SELECT decision, replayed, attempt FROM retry_run(8, request_id => 'click 1')$$,
  $$VALUES ('accepted', true, 2)$$, 'J5 the same request again: the first answer, marked replayed');
SELECT is((SELECT count(*) FROM executions WHERE parent_run_id = 8), 1::bigint, 'J5 and nothing else happened');
UPDATE executions SET status = 'completed' WHERE parent_run_id = 8;
SELECT is((SELECT replayed FROM retry_run(8, request_id => 'click 1')), true, 'J5 also after the retry has ended');
SELECT lives_ok($$SELECT retry_run(9, request_id => 'click 3')$$, 'J5 another request');
SELECT throws_ok($$SELECT retry_run(13, 'another reason', request_id => 'click 3')$$, 'PT422',
  'IDEMPOTENCY_KEY_REUSED: request_id click 3 was used for another request', 'J5 the same id, different request: refused');
BEGIN;
SELECT is((SELECT decision FROM retry_run(14, request_id => 'click 4', on_refusal => 'record')), 'accepted', 'J5 recorded');
SELECT is(current_setting('response.status'), '202', 'J5 202 the first time');
SELECT is((SELECT decision FROM retry_run(14, request_id => 'click 4', on_refusal => 'record')), 'accepted', 'J5 replayed');
SELECT is(current_setting('response.status'), '200', 'J5 200 when replayed');
COMMIT;

-- ---- B3: an override names who and why --------------------------------------------------------------------------
CREATE ROLE d_clerk; CREATE ROLE d_lead;
GRANT SELECT, INSERT ON executions TO d_clerk, d_lead;
SELECT set_retry_policy('executions', override_roles => '{d_lead}', reason => 'the lead may') IS NOT NULL;
GRANT SELECT ON last TO PUBLIC;
SET ROLE d_clerk;
SELECT throws_ok(format($$SELECT retry_run(%s, max_attempts => 10)$$, id), 'PT400', NULL,
  'B3 an argument can''t raise the cap') FROM last;
SELECT throws_ok(format($$SELECT retry_run(%s, override_reason => 'please')$$, id), 'PT403', NULL,
  'B3 nor can who isn''t listed') FROM last;
SET ROLE d_lead;
SELECT is((SELECT r.attempt FROM retry_run((SELECT id FROM last), override_reason => 'the provider was down all day') r), 5,
  'B3 the lead can');
RESET ROLE;
SELECT results_eq($$SELECT acting_role, evidence ->> 'override_reason' FROM ledger_entry WHERE evidence ? 'override_reason'$$,
  $$VALUES ('d_lead', 'the provider was down all day')$$, 'B3 the ledger says who and why');

-- ---- B4: refusals are facts -------------------------------------------------------------------------------------
SELECT is((SELECT detail ->> 'code' FROM retry_run(4, on_refusal => 'record')), 'RETRY_NOT_ALLOWED_STATE',
  'B4 a refusal as an answer');
SELECT results_eq($$SELECT reason_code, run_key COLLATE "default", tenant COLLATE "default", policy_hash IS NOT NULL, evidence -> 'detail' ->> 'current_status'
  FROM ledger_entry WHERE action = 'refused'$$, $$VALUES ('RETRY_NOT_ALLOWED_STATE', '4', 'tenant 0', true, 'completed')$$,
  'B4 recorded with evidence and policy');
SELECT is((SELECT count(*) FROM ledger_entry e WHERE leaf_hash IS DISTINCT FROM ledger_leaf_hash(e)), 0::bigint,
  'B4 every entry bears its right hash');
SELECT is((SELECT count(*) FROM executions WHERE parent_run_id = 4), 0::bigint, 'B4 and nothing else happened');

-- ---- B5, B6: plans -------------------------------------------------------------------------------------------------
SELECT results_eq($$SELECT decision, attempt, status, original_status, credits FROM plan_retry(15)$$,
  $$VALUES ('accepted', 2, 'pending', 'error', 0::bigint)$$, 'B5 B6 a plan says what would happen and what it would cost');
SELECT is((SELECT count(*) FROM executions WHERE parent_run_id = 15), 0::bigint, 'B6 and does nothing');
CREATE TABLE plan AS SELECT plan_hash FROM plan_retry(15);
SELECT is((SELECT p.plan_hash FROM plan_retry(15) p), (SELECT plan_hash FROM plan), 'B6 the same as long as nothing changes');
SELECT set_retry_policy('executions', max_attempts => 4) IS NOT NULL;
SELECT throws_ok(format('SELECT retry_run(15, plan => %L)', plan_hash), 'PT409',
  'PLAN_CHANGED: the plan of run 15 is no longer what would happen', 'B6 refused when the policy has changed') FROM plan;
SELECT is((SELECT decision FROM retry_run(15, plan => (SELECT p.plan_hash FROM plan_retry(15) p))), 'accepted',
  'B6 carried out when nothing has');
SELECT results_eq($$SELECT decision, code FROM plan_retry(15)$$, $$VALUES ('refused', 'ALREADY_RETRIED')$$,
  'B6 a plan says why not');
SELECT set_retry_policy('executions', price => 4) IS NOT NULL;
SELECT results_eq($$SELECT decision, code, credits FROM plan_retry(19)$$, $$VALUES ('refused', 'INSUFFICIENT_CREDITS', 4::bigint)$$,
  'B5 a plan that can''t be paid says so');
SELECT throws_ok('SELECT retry_run(19)', 'PT402', 'INSUFFICIENT_CREDITS: a retry of run 19 costs 4 and 0 can be spent',
  'B5 and the retry is refused');
SELECT is((SELECT count(*) FROM executions WHERE parent_run_id = 19), 0::bigint, 'B5 nothing is born');
SELECT isnt(grant_credits('tenant 1', 1, 'purchased'), NULL, 'B5 one credit');
SELECT isnt(grant_credits('tenant 1', 5, 'monthly', expires_at => now() + interval '1 day'), NULL, 'B5 and five for the month');
SELECT results_eq($$SELECT decision, credits FROM plan_retry(19)$$, $$VALUES ('accepted', 4::bigint)$$, 'B5 a plan quotes the price');
BEGIN;
SELECT is((SELECT detail ->> 'credits' FROM retry_run(19)), '4', 'B5 the retry is charged');
SELECT results_eq('SELECT monthly, purchased FROM credit_balance', 'VALUES (1::bigint, 1::bigint)', 'B5 what was quoted, monthly first');
ROLLBACK;
SELECT results_eq('SELECT monthly, purchased FROM credit_balance', 'VALUES (5::bigint, 1::bigint)',
  'B5 in the transaction of the retry: what is rolled back costs nothing');
SELECT is((SELECT decision FROM retry_run(19)), 'accepted', 'B5 accepted');
SELECT results_eq($$SELECT credits, monthly, purchased FROM run_credits$$, 'VALUES (4::bigint, 4::bigint, 0::bigint)',
  'B5 F13 what the run has cost');
SELECT throws_ok('UPDATE credit_entry SET amount = amount', '23R01', NULL, 'B5 entries are facts');
SELECT is_empty('SELECT * FROM verify_credits()', 'B5 and add up');
SELECT * FROM finish();

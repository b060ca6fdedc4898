-- Scenario J: a failed job goes on from its checkpoint (J1 to J13), and what the rules of all scenarios say of it (B2, W7's kin).
-- Each description starts with the ids of the requirements that it proves (doc/traceability.md).
SELECT no_plan();

CREATE TABLE jobs (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner         text NOT NULL,
  project_id    text NOT NULL DEFAULT 'p-1',
  video_uri     text NOT NULL DEFAULT 's3://videos/1',
  callback_url  text NOT NULL DEFAULT 'https://app.example/done',
  model_profile text,
  status        text NOT NULL DEFAULT 'QUEUED',
  error         text
);
SELECT isnt_empty($$SELECT * FROM govern_runs('jobs', tenant_column => 'owner', label => 'job',
  statuses => '{"initial": ["QUEUED"], "active": ["DISPATCHED", "TRANSCRIBED", "RENDERED"], "ended": ["DONE", "FAILED"]}',
  transitions => '{"QUEUED": ["DISPATCHED", "FAILED"], "DISPATCHED": ["TRANSCRIBED", "FAILED"],
    "TRANSCRIBED": ["RENDERED", "FAILED"], "RENDERED": ["DONE", "FAILED"]}')$$, 'adopted');
SELECT lives_ok($$SELECT set_retry_policy('jobs', retryable_statuses => '{FAILED}', profile_column => 'model_profile',
  profiles => '{small}', tenant_profiles => '{"ada": ["small", "large"]}', profile_fallback => '{small}', audit_transitions => true)$$, 'with its rules');
SELECT lives_ok($$SELECT set_work_queue('jobs', 'jobs', dispatch => 'all', start_status => 'DISPATCHED', payload => '{"job_id": {"$work": "job_id"},
  "project_id": {"$column": "project_id"}, "video_uri": {"$column": "video_uri"}, "callback_url": {"$column": "callback_url"},
  "resume_from_status": {"$work": "resume_from_status"}, "checkpoint_ref": {"$work": "checkpoint_ref"},
  "model_profile": {"$column": "model_profile"}}')$$, 'and a queue');
CREATE FUNCTION job(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT lpad(n::text, 32, '0')::uuid $$;
CREATE FUNCTION job_row(n int) RETURNS text LANGUAGE sql AS $$ SELECT j::text FROM public.jobs j WHERE id = public.job(n) $$;
-- The error's token, status and DETAIL; NULL if there is none.
CREATE FUNCTION told(statement text, OUT token text, OUT state text, OUT detail jsonb) LANGUAGE plpgsql AS $$
DECLARE message text; told_detail text;
BEGIN
  EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, told_detail = PG_EXCEPTION_DETAIL;
  token := split_part(message, ':', 1);
  detail := told_detail::jsonb;
END $$;

-- ---- the first run -----------------------------------------------------------------------------------------
INSERT INTO jobs (id, owner, model_profile) VALUES (job(1), 'ada', 'small'), (job(2), 'ada', NULL), (job(3), 'bob', 'huge'), (job(4), 'ada', NULL);
SELECT results_eq($$SELECT kind, payload FROM work_item WHERE job_id = job(1)::text$$, $$VALUES ('run', jsonb_build_object('job_id', job(1),
  'project_id', 'p-1', 'video_uri', 's3://videos/1', 'callback_url', 'https://app.example/done', 'resume_from_status', NULL, 'checkpoint_ref', NULL,
  'model_profile', 'small'))$$, 'J6 J10 the work of a first run resumes nothing');
SELECT is((told($$SELECT retry_run(job(2))$$)).token, 'JOB_ALREADY_RUNNING', 'J2 a queued job is refused');
UPDATE jobs SET status = 'DISPATCHED';
SELECT is((t.token, t.state)::text, '(JOB_ALREADY_RUNNING,PT409)', 'J2 and one that runs') FROM told($$SELECT retry_run(job(2))$$) t;
SELECT is_empty($$SELECT 1 FROM work_item WHERE kind = 'retry'$$, 'J2 and nothing is dispatched');
SELECT throws_ok($$UPDATE jobs SET status = 'RENDERED' WHERE id = job(1)$$, '23R01', 'TRANSITION_VIOLATION: job can''t go from DISPATCHED to RENDERED',
  'J9 only declared transitions');
SELECT throws_ok($$UPDATE jobs SET status = 'PAUSED' WHERE id = job(1)$$, '23R01', NULL, 'J9 an undeclared status is refused');
SELECT throws_ok($$INSERT INTO jobs (owner, status) VALUES ('ada', 'PAUSED')$$, '23R01', NULL, 'J9 at birth too');
SELECT isnt(record_checkpoint(job(1), 'TRANSCRIBED', 's3://c/early'), NULL, 'J3 a checkpoint');
UPDATE jobs SET status = 'TRANSCRIBED' WHERE id IN (job(1), job(4));
SELECT isnt(record_checkpoint(job(1), 'TRANSCRIBED', 's3://c/late', evidence => '{"words": 812}'), NULL, 'J3 a later one');
UPDATE jobs SET status = 'RENDERED' WHERE id = job(4);
UPDATE jobs SET status = 'DONE' WHERE id = job(4);
UPDATE jobs SET status = 'FAILED', error = 'HTTP 503' WHERE id IN (job(1), job(2), job(3));
SELECT results_eq($$SELECT prior_status, reason_code, action FROM ledger_entry WHERE run_key = job(1)::text AND action IN ('transitioned', 'ended') ORDER BY entry_id$$,
  $$VALUES ('QUEUED', 'DISPATCHED', 'transitioned'), ('DISPATCHED', 'TRANSCRIBED', 'transitioned'), ('TRANSCRIBED', 'FAILED', 'ended')$$, 'J13 every transition is on the ledger');

-- ---- refusals change nothing ---------------------------------------------------------------------------------
CREATE TABLE before AS SELECT (SELECT jsonb_agg(j ORDER BY id) FROM jobs j) AS jobs, (SELECT count(*) FROM retry) AS retries,
  (SELECT count(*) FROM work_item) AS items;
SELECT is((t.token, t.state)::text, '(RETRY_NOT_ALLOWED_STATE,PT409)', 'J1 only from FAILED') FROM told($$SELECT retry_run(job(4))$$) t;
SELECT is(t.detail ->> 'current_status' || '/' || (t.detail ->> 'attempted_status'), 'DONE/QUEUED', 'J1 with current_status and attempted_status')
  FROM told($$SELECT retry_run(job(4))$$) t;
SELECT is((t.token, t.state)::text, '(MODEL_PROFILE_NOT_ALLOWED,PT422)', 'J4 a profile that policy doesn''t allow') FROM told($$SELECT retry_run(job(1), overrides => '{"model_profile": "huge"}')$$) t;
SELECT is((t.token, t.state)::text, '(CHECKPOINT_NOT_FOUND,PT422)', 'J3 no checkpoint to go on from') FROM told($$SELECT retry_run(job(2), resume => 'latest')$$) t;
SELECT is((t.token, t.state)::text, '(RUN_NOT_FOUND,PT404)', 'J11 somebody else''s job') FROM told($$SELECT retry_run(job(3), tenant => 'ada')$$) t;
SELECT is(replace(a::text, job(3)::text, ''), replace(b::text, job(9)::text, ''), 'J11 the same answer as for one that doesn''t exist')
  FROM told($$SELECT retry_run(job(3), tenant => 'ada')$$) a, told($$SELECT retry_run(job(9), tenant => 'ada')$$) b;
SELECT is(decision, 'refused', 'J8 a recorded refusal') FROM retry_run(job(4), on_refusal => 'record');
SELECT is((t.token, t.state)::text, '(RERUN_GONE,PT410)', 'J8 nothing is run again in place') FROM told($$SELECT rerun_run(job(1))$$) t;
SELECT results_eq($$SELECT (SELECT jsonb_agg(j ORDER BY id) FROM jobs j), (SELECT count(*) FROM retry), (SELECT count(*) FROM work_item)$$, 'SELECT * FROM before',
  'J8 no status, no counter, no retry, no work has changed');

-- ---- a retry goes on -----------------------------------------------------------------------------------------
CREATE TABLE answer AS SELECT * FROM retry_run(job(1), request_id => 'click', resume => 'latest', overrides => '{"model_profile": "large"}');
SELECT results_eq($$SELECT status, resume_from_status, checkpoint_ref, model_profile, replayed, dispatch_id = retry_run_id FROM answer$$,
  $$VALUES ('QUEUED', 'TRANSCRIBED', 's3://c/late', 'large', false, true)$$, 'J3 J4 the answer has all of it');
SELECT results_eq($$SELECT retry_run_id, resume_from_status, checkpoint_ref, model_profile, dispatch_id, replayed
  FROM retry_run(job(1), request_id => 'click', resume => 'latest', overrides => '{"model_profile": "large"}')$$,
  $$SELECT retry_run_id, resume_from_status, checkpoint_ref, model_profile, dispatch_id, true FROM answer$$, 'J5 the same request: the first answer again, replayed');
SELECT is(count(*), 1::bigint, 'J5 nothing is dispatched twice') FROM work_item WHERE kind = 'retry';
SELECT is((t.token, t.state)::text, '(IDEMPOTENCY_KEY_REUSED,PT422)', 'J5 another request under the id') FROM told($$SELECT retry_run(job(1), request_id => 'click', resume => 'start')$$) t;
SELECT is((t.token, t.state)::text, '(ALREADY_RETRIED,PT409)', 'B2 a second retry is told which run there is') FROM told($$SELECT retry_run(job(1))$$) t;
SELECT results_eq($$SELECT resume_from_status, checkpoint_ref FROM retry WHERE retry_key = (SELECT retry_run_id FROM answer)$$, $$VALUES ('TRANSCRIBED', 's3://c/late')$$, 'J3 kept with the retry');
SELECT is(evidence ->> 'resume_from_status' || ' ' || (evidence ->> 'model_profile'), 'TRANSCRIBED large', 'J3 J4 and on the ledger')
  FROM ledger_entry WHERE action = 'retried' AND run_key = job(1)::text;
SELECT results_eq($$SELECT kind, payload - 'job_id' FROM work_item WHERE job_id = (SELECT retry_run_id FROM answer)$$, $$VALUES ('retry',
  '{"project_id": "p-1", "video_uri": "s3://videos/1", "callback_url": "https://app.example/done", "resume_from_status": "TRANSCRIBED",
    "checkpoint_ref": "s3://c/late", "model_profile": "large"}'::jsonb)$$, 'J6 J10 the work of a retry says where it goes on');
SELECT is(retry_run_id IS NOT NULL, true, 'J4 a profile that is no longer allowed falls back') FROM retry_run(job(3), tenant => 'bob');
SELECT is(model_profile, 'small', 'J4 to the first that is') FROM jobs WHERE parent_run_id = job(3);

SELECT throws_ok($$UPDATE jobs SET status = 'RENDERED' WHERE parent_run_id = job(1)$$, '23R01', NULL, 'J9 not to another status than it resumes from');
SELECT lives_ok($$UPDATE jobs SET status = 'TRANSCRIBED' WHERE parent_run_id = job(1)$$, 'J9 straight to the status that it resumes from');
SELECT lives_ok($$UPDATE jobs SET status = 'RENDERED' WHERE parent_run_id = job(1)$$, 'J9 and on from there');
SELECT throws_ok($$UPDATE jobs SET status = 'TRANSCRIBED' WHERE parent_run_id = job(1)$$, '23R01', NULL, 'J9 not back');
SELECT throws_ok($$UPDATE jobs SET status = 'TRANSCRIBED' WHERE parent_run_id = job(3)$$, '23R01', NULL, 'J9 a retry that resumes nothing has no such step');
SELECT lives_ok($$UPDATE jobs SET status = 'DONE' WHERE parent_run_id = job(1)$$, 'J9 to its end');
SELECT throws_like($$UPDATE jobs SET status = 'QUEUED' WHERE parent_run_id = job(1)$$, 'PB-S1 VIOLATION: %', 'J9 ended is ended');

-- ---- earlier checkpoints stay; dispatch that fails --------------------------------------------------------------
SELECT throws_ok($$DELETE FROM checkpoint$$, '23R01', NULL, 'J12 checkpoints are not deleted');
SELECT throws_ok($$UPDATE checkpoint SET ref = 'elsewhere'$$, '23R01', NULL, 'J12 nor changed');
SELECT ok(invalidate_checkpoint(checkpoint_id, 'lost'), 'J12 that one is lost is a row of its own') FROM checkpoint WHERE ref = 's3://c/late';
SELECT is(count(*), 2::bigint, 'J12 both are still there') FROM checkpoint WHERE run_key = job(1)::text;
SELECT is(ref, 's3://c/early', 'J3 the newest valid one is the one before') FROM latest_checkpoint(job(1));
SELECT is(retry_run_id IS NOT NULL, true, 'a retry that will not be handed out') FROM retry_run(job(2));
SELECT is(code || ' ' || (detail ->> 'http_status'), 'ORCHESTRATOR_DISPATCH_FAILED 502', 'J7 dispatch fails: 502')
  FROM dispatch_failed((SELECT id FROM jobs WHERE parent_run_id = job(2)), 'no GPU', run_table => 'jobs');
SELECT is(job_row(2), (SELECT j::text FROM jobs j WHERE id = job(2) AND status = 'FAILED'), 'J7 the job''s state is not advanced');
SELECT is(decision, 'accepted', 'J7 it may be retried') FROM retry_run(job(2));
SELECT is_empty($$SELECT 1 FROM work_item a JOIN work_item b ON a.job_id = b.job_id AND a.kind <> b.kind$$, 'J10 no id is of a run and of a retry');

-- Push: an orchestrator that is called within the transaction; rolled back, nothing has happened.
CREATE FUNCTION push() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM retry_ledger.retry_run(id) FROM public.jobs WHERE status = 'FAILED' AND parent_run_id IS NULL AND owner = 'eve';
  RAISE 'the orchestrator says no'; END $$;
INSERT INTO jobs (id, owner) VALUES (job(5), 'eve');
UPDATE jobs SET status = 'FAILED' WHERE id = job(5);
SELECT throws_ok('SELECT push()', 'P0001', 'the orchestrator says no', 'J7 an orchestrator called inside the transaction fails');
SELECT is_empty($$SELECT 1 FROM jobs WHERE parent_run_id = job(5)$$, 'J7 and nothing has happened');
SELECT is(decision, 'accepted', 'J7 so that the next try is the first') FROM retry_run(job(5));

SELECT * FROM finish();

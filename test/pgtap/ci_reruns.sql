-- Scenario C: bounded reruns of failed CI jobs.  Each description starts with the ids of the requirements that it
-- proves (doc/traceability.md).
SELECT no_plan();
GRANT USAGE ON SCHEMA tap TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA tap TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA tap TO PUBLIC;
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$;

-- A CI bot's own table: what GitHub's API says of check runs, one row for each job and attempt.
CREATE TABLE check_runs (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner           text NOT NULL,
  repo            text NOT NULL,
  pr_number       int,
  workflow_run_id bigint NOT NULL,
  job_name        text NOT NULL,
  conclusion      text NOT NULL DEFAULT 'queued',
  error           text,
  created_at      timestamptz NOT NULL DEFAULT now(),
  completed_at    timestamptz
);
CREATE INDEX check_runs_target ON check_runs (owner, repo, pr_number, workflow_run_id);
CREATE ROLE c_owner; CREATE ROLE c_bot;
ALTER TABLE check_runs OWNER TO c_owner;
GRANT SELECT, INSERT, UPDATE ON check_runs TO c_bot;
GRANT CREATE ON SCHEMA public TO c_owner;
SET ROLE c_owner;
SELECT isnt_empty($$SELECT * FROM govern_runs('check_runs', status_column => 'conclusion', statuses =>
  '{"initial": ["queued"], "active": ["in_progress"], "ended": ["success", "failure", "timed_out", "cancelled", "skipped"]}')$$,
  'C1 the table of check runs is adopted by its owner');
SELECT is(set_retry_policy('check_runs', retryable_statuses => '{failure,timed_out}', max_attempts => 5), 1, 'C2 its policy: failures and timeouts');
RESET ROLE;

-- Two workflow runs of a pull request; the newest has a job of each kind.
CREATE FUNCTION a_workflow_run(pr int, run bigint, born timestamptz DEFAULT now()) RETURNS void LANGUAGE sql AS $$
  INSERT INTO check_runs (owner, repo, pr_number, workflow_run_id, job_name, created_at)
    SELECT 'acme', 'web', pr, run, name, born FROM unnest(ARRAY['build', 'e2e', 'integration', 'lint', 'unit', 'release', 'docs', 'deploy']) name;
  UPDATE check_runs SET conclusion = v.conclusion, error = v.error, completed_at = CASE WHEN v.conclusion <> 'in_progress' THEN now() END
    FROM (VALUES ('build', 'success', NULL),
      ('e2e', 'failure', 'intermittent failure in login.spec.ts'),
      ('integration', 'failure', 'Error: connect ETIMEDOUT 140.82.112.3:443'),
      ('lint', 'failure', 'src/app.ts:12:7 error ''x'' is assigned a value but never used'),
      ('unit', 'timed_out', 'Error: read ECONNRESET'),
      ('release', 'cancelled', NULL), ('docs', 'skipped', NULL), ('deploy', 'in_progress', NULL)) v(name, conclusion, error)
    WHERE job_name = v.name AND workflow_run_id = run $$;
SELECT a_workflow_run(7, 1001, now() - interval '1 hour');
SELECT a_workflow_run(7, 1002);
CREATE FUNCTION jobs(answer jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT concat_ws(' ', j ->> 'jobName', j ->> 'priorConclusion', j ->> 'action', j ->> 'attemptNumber', j ->> 'reasonCode')
  FROM jsonb_array_elements(answer -> 'jobs') j $$;
CREATE FUNCTION end_retries(how text, why text) RETURNS void LANGUAGE sql AS $$
  UPDATE check_runs SET conclusion = how, error = why, completed_at = now() WHERE is_retry AND conclusion = 'queued' $$;

-- ---- C7: fail closed ----------------------------------------------------------------------------------------------
SET ROLE c_bot;
SELECT throws_like($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}')$$, 'TARGET_NOT_REGISTERED:%',
  'C7 in production a target outside the registry is refused');
SELECT throws_ok($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}')$$, 'PT409', NULL, 'C7 as HTTP 409');
SELECT throws_ok($$SELECT allow_target('check_runs', '{"owner": "acme"}')$$, 'PT403', NULL, 'C7 and not everybody registers one');
RESET ROLE;
SET ROLE c_owner;
SELECT is(allow_target('check_runs', '{"owner": "acme", "repo": "web"}', max_attempts => 3, reason => 'the web team asked'), 1, 'C7 a target is registered');
RESET ROLE;
SET ROLE c_bot;
SELECT throws_like($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "api"}')$$, 'TARGET_NOT_REGISTERED:%', 'C7 another repository still isn''t');
SELECT throws_like($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', 'ALL_JOBS')$$, 'NOT_ALLOWED:%',
  'C7 an action that the registry doesn''t allow is refused');
SELECT throws_ok($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', 'ALL_JOBS')$$, 'PT403', NULL, 'C7 as HTTP 403');
RESET ROLE;
SELECT is((SELECT count(*)::int FROM check_runs WHERE is_retry), 0, 'C7 and nothing was rerun');
CREATE TABLE refused AS SELECT rerun_failed_jobs('{"owner": "acme", "repo": "api"}', on_refusal => 'record') AS answer;
SELECT is((SELECT answer ->> 'decision' FROM refused), 'BLOCKED', 'C4 C7 a refusal that is recorded is a document: BLOCKED');
SELECT is((SELECT answer -> 'reasons' FROM refused), '["TARGET_NOT_REGISTERED"]', 'C4 with its reason');
SELECT is((SELECT answer #>> '{error,httpStatus}' FROM refused), '409', 'C1 C7 registered comes first: 409');
SELECT results_eq($$SELECT action, reason_code FROM ledger_entry WHERE evidence ->> 'function' = 'rerun_failed_jobs'$$,
  $$VALUES ('refused', 'TARGET_NOT_REGISTERED')$$, 'C3 B4 refusals are on the ledger too');

-- ---- C9: a dry run ---------------------------------------------------------------------------------------------------
CREATE TABLE count_before AS SELECT (SELECT count(*) FROM check_runs) AS runs, (SELECT count(*) FROM ledger_entry) AS entries;
SET ROLE c_bot;
CREATE TEMPORARY TABLE dry AS SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', dry_run => true) AS answer;
RESET ROLE;
SELECT results_eq('SELECT (SELECT count(*) FROM check_runs), (SELECT count(*) FROM ledger_entry)', 'SELECT * FROM count_before',
  'C9 a dry run changes and records nothing');
SELECT is((SELECT answer -> 'dryRun' FROM dry), 'true', 'C9 and says that it is one');

-- ---- C1, C2, C3, C4: the call ----------------------------------------------------------------------------------------
SET ROLE c_bot;
SET retry_ledger.actor = 'octocat';
CREATE TEMPORARY TABLE first AS SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', request_id => 'delivery-1') AS answer;
RESET retry_ledger.actor;
RESET ROLE;
SELECT set_eq('SELECT jsonb_object_keys(answer) FROM first', ARRAY['schemaVersion', 'requestId', 'lawbookHash', 'deploymentEnv', 'target', 'decision',
  'reasons', 'jobs', 'metadata', 'dryRun', 'replayed'], 'C4 the document''s fields');
SELECT results_eq($$SELECT answer ->> 'schemaVersion', answer ->> 'requestId', answer ->> 'deploymentEnv', answer ->> 'decision', answer -> 'reasons' FROM first$$,
  $$VALUES ('1.0', 'delivery-1', 'prod', 'RERUN_TRIGGERED', '["flaky_probable", "infra_transient"]'::jsonb)$$, 'C4 version, request, environment, decision, reasons');
SELECT results_eq($$SELECT answer #> '{target,prNumber}', answer #> '{target,runId}' FROM first$$, $$VALUES ('7'::jsonb, '1002'::jsonb)$$,
  'C1 C4 the newest workflow run was found: prNumber and runId');
SELECT is((SELECT answer ->> 'lawbookHash' FROM first), (SELECT encode(policy_hash, 'hex') FROM retry_policy WHERE run_table = 'public.check_runs'),
  'C3 C4 the hash of the policy in force');
SELECT results_eq('SELECT jobs(answer) FROM first', $$VALUES
  ('build success SKIP 1 job_succeeded'), ('deploy in_progress SKIP 1 job_running'), ('docs skipped SKIP 1 status_not_retryable'),
  ('e2e failure RERUN 2 flaky_probable'), ('integration failure RERUN 2 infra_transient'), ('lint failure BLOCKED 1 failure_not_retryable'),
  ('release cancelled SKIP 1 status_not_retryable'), ('unit timed_out RERUN 2 infra_transient')$$,
  'C1 C2 C3 each job: RERUN, SKIP or BLOCKED with reason, attempt and prior conclusion; only passing failures are rerun');
SELECT is((SELECT answer -> 'metadata' FROM first), '{"totalJobs": 8, "rerunJobs": 3, "blockedJobs": 1, "skippedJobs": 4}', 'C4 the counts');
SELECT set_eq($$SELECT jsonb_object_keys(j) FROM first, jsonb_array_elements(answer -> 'jobs') j WHERE j ->> 'action' = 'RERUN'$$,
  ARRAY['jobName', 'jobId', 'priorConclusion', 'action', 'attemptNumber', 'reasonCode', 'newJobId'], 'C4 a job''s fields');
SELECT results_eq($$SELECT jobs(answer) FROM first$$, $$SELECT jobs(answer) FROM dry$$, 'C5 C9 the dry run had said so: the same inputs, the same result');
SELECT results_eq($$SELECT c.job_name, c.conclusion, c.attempt, c.is_retry, c.error, c.workflow_run_id FROM first, jsonb_array_elements(answer -> 'jobs') j
    JOIN check_runs c ON c.id = (j ->> 'newJobId')::bigint AND c.parent_run_id = (j ->> 'jobId')::bigint ORDER BY 1$$,
  $$VALUES ('e2e', 'queued', 2, true, NULL::text, 1002::bigint), ('integration', 'queued', 2, true, NULL, 1002), ('unit', 'queued', 2, true, NULL, 1002)$$,
  'C3 the new runs: linked, queued, of the same workflow run');
SELECT is((SELECT count(*)::int FROM check_runs WHERE workflow_run_id = 1001 AND is_retry), 0, 'C1 an older workflow run is left alone');
SELECT results_eq($$SELECT reason, failure_class FROM retry WHERE parent_key IN (SELECT id::text FROM check_runs WHERE job_name = 'e2e')$$,
  $$VALUES ('flaky_probable', 'flaky_probable')$$, 'C3 the failure class is kept with the retry');

-- ---- C8: two audit levels -----------------------------------------------------------------------------------------------
SELECT results_eq($$SELECT c.job_name COLLATE "default", e.action, e.reason_code, e.attempt, e.prior_status, e.failure_class FROM ledger_entry e
    JOIN check_runs c ON c.id::text = e.run_key WHERE e.evidence ->> 'call_id' = (SELECT evidence ->> 'call_id' FROM ledger_entry WHERE action = 'retried' LIMIT 1)
    ORDER BY 1$$, $$VALUES
  ('build', 'skipped', 'job_succeeded', 1, 'success', NULL::text), ('deploy', 'skipped', 'job_running', 1, 'in_progress', NULL),
  ('docs', 'skipped', 'status_not_retryable', 1, 'skipped', NULL), ('e2e', 'retried', 'flaky_probable', 2, 'failure', 'flaky_probable'),
  ('integration', 'retried', 'infra_transient', 2, 'failure', 'infra_transient'), ('lint', 'refused', 'failure_not_retryable', 1, 'failure', NULL),
  ('release', 'skipped', 'status_not_retryable', 1, 'cancelled', NULL), ('unit', 'retried', 'infra_transient', 2, 'timed_out', 'infra_transient')$$,
  'C3 C8 each job''s decision is on the ledger: reason, attempt, prior conclusion, failure class');
SELECT results_eq($$SELECT reason_code, evidence ->> 'mode', evidence -> 'total_jobs', evidence -> 'rerun_jobs', evidence ->> 'request_id', acting_role, claimed_actor,
    policy_hash FROM ledger_entry WHERE action = 'rerun_called' AND evidence ->> 'request_id' = 'delivery-1'$$,
  $$SELECT 'RERUN_TRIGGERED', 'FAILED_ONLY', '8'::jsonb, '3'::jsonb, 'delivery-1', 'c_bot', 'octocat', policy_hash FROM retry_policy WHERE run_table = 'public.check_runs'$$,
  'C8 and the call as a whole: who, what, under which policy');
SELECT is((SELECT evidence -> 'failure_classes' FROM ledger_entry WHERE action = 'rerun_called' AND evidence ->> 'request_id' = 'delivery-1'),
  '["flaky_probable", "infra_transient"]', 'C2 C8 with the classes that were eligible, where the policy lists none');
SELECT is((SELECT count(*)::int FROM ledger_entry e WHERE policy_hash IS NULL AND action IN ('retried', 'skipped', 'refused', 'rerun_called')
  AND run_table = 'public.check_runs'), 0, 'C3 every decision names the policy');
SELECT throws_ok($$UPDATE ledger_entry SET reason_code = 'x'$$, '23R01', NULL, 'C3 on an append-only ledger');
SELECT is((SELECT count(*)::int FROM ledger_entry e WHERE leaf_hash <> ledger_leaf_hash(e)), 0, 'C3 each entry with its hash');

-- ---- C5: idempotent ---------------------------------------------------------------------------------------------------
SELECT is(rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', request_id => 'delivery-1'), (SELECT answer || '{"replayed": true}' FROM first),
  'C5 the same request gets the same document, marked replayed');
SELECT throws_ok($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 8}', request_id => 'delivery-1')$$, 'PT422', NULL,
  'C5 another request under its id is refused');
SELECT is((SELECT count(*)::int FROM check_runs WHERE is_retry), 3, 'C5 and nothing is rerun twice');
CREATE TABLE again AS SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}') AS answer;
SELECT is((SELECT answer -> 'metadata' ->> 'rerunJobs' FROM again), '0', 'C5 a new request finds the reruns running');
SELECT is((SELECT count(*)::int FROM again, jobs(answer) j WHERE j LIKE '% queued SKIP 2 job_running'), 3, 'C1 and says SKIP job_running of each');

-- ---- C1: limits ----------------------------------------------------------------------------------------------------------
SELECT throws_like($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web"}', max_attempts => 6)$$, 'INVALID_MAX_ATTEMPTS:%', 'C1 the hard cap is 5');
SELECT throws_like($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web"}', 'EVERYTHING')$$, 'INVALID_MODE:%', 'C1 two modes and no other');
SELECT end_retries('failure', 'Error: read ECONNRESET');
SELECT is((SELECT count(*)::int FROM jobs(rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}')) j WHERE j LIKE '% RERUN 3 infra_transient'), 3,
  'C1 a second retry');
SELECT end_retries('failure', 'Error: read ECONNRESET');
SELECT is((SELECT count(*)::int FROM jobs(rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}')) j WHERE j LIKE '% BLOCKED 3 max_attempts_reached'), 3,
  'C1 and no third one: two by default');
SELECT is((SELECT count(*)::int FROM jobs(rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', max_attempts => 5)) j
  WHERE j LIKE '% RERUN 4 infra_transient'), 3, 'C1 the call may ask for more');
SELECT end_retries('failure', 'Error: read ECONNRESET');
SELECT is((SELECT count(*)::int FROM jobs(rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', max_attempts => 5)) j
  WHERE j LIKE '% BLOCKED 4 max_attempts_reached'), 3, 'C7 the registry''s own limit, 3, is respected');
SELECT is((SELECT jsonb_build_array(a ->> 'decision', a -> 'reasons', a -> 'jobs') FROM rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 99}') a),
  '["NOOP", ["no_run_id"], []]', 'C1 C4 without a workflow run: NOOP, no_run_id');
SELECT is((SELECT count(*)::int FROM ledger_entry WHERE action = 'skipped' AND reason_code = 'no_run_id'), 1, 'C1 SKIP with no_run_id');

-- ---- C1: ALL_JOBS ----------------------------------------------------------------------------------------------------------
SELECT allow_target('check_runs', '{"owner": "acme", "repo": "web"}', actions => '{FAILED_ONLY,ALL_JOBS}');
SELECT results_eq($$SELECT jobs(rerun_failed_jobs('{"owner": "acme", "repo": "web", "workflow_run_id": 1001}', 'ALL_JOBS'))$$, $$VALUES
  ('build success RERUN 2 all_jobs'), ('deploy in_progress SKIP 1 job_running'), ('docs skipped RERUN 2 all_jobs'),
  ('e2e failure RERUN 2 flaky_probable'), ('integration failure RERUN 2 infra_transient'), ('lint failure BLOCKED 1 failure_not_retryable'),
  ('release cancelled RERUN 2 all_jobs'), ('unit timed_out RERUN 2 infra_transient')$$,
  'C1 C2 ALL_JOBS reruns what succeeded too; a failure that isn''t a passing one is still not rerun');

-- ---- C7: staging, and closing --------------------------------------------------------------------------------------------
SELECT allow_target('check_runs', '{"owner": "acme", "repo": "web", "pr_number": 13}', actions => '{}', reason => 'under investigation');
SELECT throws_ok($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 13}')$$, 'PT403', NULL, 'C7 a target can be closed');
SELECT set_retry_policy('check_runs', environment => 'staging');
SELECT is((SELECT a ->> 'deploymentEnv' FROM rerun_failed_jobs('{"owner": "acme", "repo": "api"}') a), 'staging', 'C4 C7 in staging an unregistered target passes');
SELECT throws_ok($$SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 13}')$$, 'PT403', NULL, 'C7 a closed one doesn''t');
SELECT set_retry_policy('check_runs', environment => 'prod');

-- ---- C9: many targets, rules per table ---------------------------------------------------------------------------------------
SELECT a_workflow_run(20, 2001);
SELECT a_workflow_run(21, 2002);
CREATE TABLE many AS SELECT rerun_failed_jobs('[{"owner": "acme", "repo": "web", "pr_number": 20}, {"owner": "acme", "repo": "web", "pr_number": 21},
  {"owner": "acme", "repo": "web", "workflow_run_id": 2002}]') AS answer;
SELECT results_eq($$SELECT a #> '{target,runId}', a -> 'metadata' -> 'rerunJobs' FROM many, jsonb_array_elements(answer) WITH ORDINALITY e(a, n) ORDER BY n$$,
  $$VALUES ('2001'::jsonb, '3'::jsonb), ('2002', '3'), ('2002', '0')$$, 'C9 many targets in one call, and no job twice');
SELECT throws_ok($$SELECT rerun_failed_jobs('[]')$$, 'PT400', NULL, 'C9 an empty array is refused');
SELECT throws_ok($$SELECT rerun_failed_jobs((SELECT jsonb_agg('{"owner": "acme"}'::jsonb) FROM generate_series(1, 100000)))$$, 'PT400', NULL, 'C9 so are too many');
SELECT add_failure_rule('check_runs', 'never used', 'flaky_probable');
SELECT is((SELECT j FROM jobs(rerun_failed_jobs('{"owner": "acme", "repo": "web", "workflow_run_id": 2002, "job_name": "lint"}')) j),
  'lint failure RERUN 2 flaky_probable', 'C9 rules per table');
SELECT set_retry_policy('check_runs', failure_classes => '{infra_transient}');
SELECT is((SELECT j FROM jobs(rerun_failed_jobs('{"owner": "acme", "repo": "web", "workflow_run_id": 2001, "job_name": "lint"}')) j),
  'lint failure BLOCKED 1 failure_not_retryable', 'C2 C9 a policy that lists classes is taken at its word');

-- ---- C6: views ----------------------------------------------------------------------------------------------------------------
UPDATE check_runs SET conclusion = 'success' WHERE is_retry AND conclusion = 'queued' AND workflow_run_id = 2001;
SELECT results_eq($$SELECT a.attempt, a.status, a.reason FROM run_attempts a JOIN check_runs c ON c.id::text = a.root_run_id
    WHERE a.run_table = 'public.check_runs' AND c.job_name = 'e2e' AND c.workflow_run_id = 1002 ORDER BY a.attempt$$,
  $$VALUES (1, 'failure', NULL::text), (2, 'failure', 'flaky_probable'), (3, 'failure', 'infra_transient'), (4, 'failure', 'infra_transient')$$, 'C6 attempts per job');
SELECT is((SELECT job_name FROM (SELECT run_id FROM recent_reruns LIMIT 1) r JOIN check_runs c ON c.id::text = r.run_id), 'lint', 'C6 the most recent reruns, newest first');
SELECT results_eq($$SELECT decision, rerun_jobs, blocked_jobs FROM target_decisions WHERE run_table = 'public.check_runs'
    AND target_text = '{"repo": "web", "owner": "acme", "pr_number": 7, "workflow_run_id": 1002}' ORDER BY decided_at, call_id$$,
  $$VALUES ('RERUN_TRIGGERED', 3, 1), ('BLOCKED', 0, 1), ('RERUN_TRIGGERED', 3, 1), ('BLOCKED', 0, 4), ('RERUN_TRIGGERED', 3, 1), ('BLOCKED', 0, 4)$$,
  'C6 decisions by target');

-- ---- B9: did the retry help? ------------------------------------------------------------------------------------------------
SELECT results_eq($$SELECT failure_class, sum(tried)::int, sum(helped)::int, sum(did_not_help)::int, sum(open)::int FROM retry_outcome
    WHERE run_table = 'public.check_runs' AND day >= (now() AT TIME ZONE 'UTC')::date - 1 GROUP BY 1 ORDER BY 1$$,
  $$VALUES ('flaky_probable', 5, 1, 1, 3), ('infra_transient', 14, 2, 8, 4), (NULL, 3, 0, 0, 3)$$,
  'B9 outcome by failure class: tried, helped, did not help, still open');
SELECT ok((SELECT count(DISTINCT policy_version) > 1 FROM retry_outcome WHERE run_table = 'public.check_runs'), 'B9 and by policy');
SELECT is((SELECT count(*)::int FROM check_runs c WHERE is_retry AND NOT EXISTS (SELECT FROM retry r WHERE r.run_table = 'public.check_runs'
  AND r.retry_key = c.id::text AND r.parent_key = c.parent_run_id::text)), 0, 'C9 no run without its link');
SELECT is((SELECT max(n)::int FROM (SELECT count(*) n FROM check_runs WHERE is_retry GROUP BY parent_run_id) r), 1, 'C9 no job rerun twice');
SELECT * FROM finish();

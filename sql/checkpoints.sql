-- Checkpoints: how far a run had got, and retries that go on from there.
\pset format unaligned
\pset footer off
CREATE TABLE cp_jobs (id int PRIMARY KEY, owner text, video_uri text, profile text, status text NOT NULL DEFAULT 'QUEUED', error text);
SELECT count(*) > 0 AS done FROM govern_runs('cp_jobs', tenant_column => 'owner', input_columns => '{video_uri,profile}',
  statuses => '{"initial": ["QUEUED"], "active": ["DISPATCHED", "PROBED", "RENDERED"], "ended": ["DONE", "FAILED"]}',
  transitions => '{"QUEUED": ["DISPATCHED", "FAILED"], "DISPATCHED": ["PROBED", "FAILED"], "PROBED": ["RENDERED", "FAILED"], "RENDERED": ["DONE", "FAILED"]}');
SELECT set_retry_policy('cp_jobs', retryable_statuses => '{FAILED}', profile_column => 'profile', profiles => '{small,large}') > 0 AS done;
SELECT set_work_queue('cp_jobs', 'cp', payload => '{"job_id": {"$work": "job_id"}, "from": {"$work": "resume_from_status"}, "ref": {"$work": "checkpoint_ref"}, "video_uri": {"$column": "video_uri"}}');
INSERT INTO cp_jobs VALUES (7001, 'acme', 's3://v/1', 'small'), (7002, 'acme', 's3://v/2', NULL), (7003, 'other', 's3://v/3', NULL);
UPDATE cp_jobs SET status = 'DISPATCHED';
SELECT * FROM latest_checkpoint(7001, 'cp_jobs');
-- What is recorded, and what is refused.
SELECT record_checkpoint(7001, 'PROBED', 's3://c/1', run_table => 'cp_jobs') AS c1 \gset
SELECT record_checkpoint(7001, 'RENDERED', 's3://c/2', evidence => '{"frames": 12}', run_table => 'cp_jobs', tenant => 'acme') AS c2 \gset
SELECT count(record_checkpoint(7002, 'PROBED', 's3://c/' || i, run_table => 'cp_jobs')) FROM generate_series(1, 3) i;
SELECT checkpoint_id = :'c2' AS newest, run_id, attempt, status, ref, valid_until, evidence FROM latest_checkpoint('7001', 'cp_jobs');
SELECT run_key, seq, ref, actor = current_user AS mine FROM checkpoint WHERE run_table = 'public.cp_jobs' ORDER BY run_key, seq;
SELECT run_key, attempt, prior_status, evidence - 'checkpoint_id' AS evidence FROM ledger_entry
  WHERE action = 'checkpoint_recorded' AND run_table = 'public.cp_jobs' ORDER BY entry_id;
SELECT * FROM refused($$SELECT record_checkpoint(7001, 'FAILED', 'x', run_table => 'cp_jobs')$$);
SELECT * FROM refused($$SELECT record_checkpoint(7001, 'probed', 'x', run_table => 'cp_jobs')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT record_checkpoint(1, NULL, 'x', run_table => 'cp_jobs')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT record_checkpoint(7001, 'PROBED', '', run_table => 'cp_jobs')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT record_checkpoint(7001, 'PROBED', repeat('x', 10001), run_table => 'cp_jobs')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT record_checkpoint(7001, 'PROBED', 'x', evidence => '[1]', run_table => 'cp_jobs')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT record_checkpoint(7001, 'PROBED', 'x', valid_until => now() - interval '1 s', run_table => 'cp_jobs')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT record_checkpoint(7001, 'PROBED', 'x', valid_until => 'infinity', run_table => 'cp_jobs')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT record_checkpoint(7009, 'PROBED', 'x', run_table => 'cp_jobs')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT record_checkpoint(7003, 'PROBED', 'x', run_table => 'cp_jobs', tenant => 'acme')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT record_checkpoint(NULL::text, 'PROBED', 'x', run_table => 'cp_jobs')$$) WHERE field = 'message';
-- Of a run that ended none is recorded any more.
UPDATE cp_jobs SET status = 'FAILED', error = 'boom';
SELECT * FROM refused($$SELECT record_checkpoint(7001, 'PROBED', 'x', run_table => 'cp_jobs')$$);
-- Append-only, like the ledger.
SELECT * FROM refused($$UPDATE checkpoint SET ref = 'y'$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$DELETE FROM checkpoint$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$TRUNCATE checkpoint$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$DELETE FROM checkpoint_invalidation$$) WHERE field IN ('sqlstate', 'message');
-- A plan names what a retry would go on from, and its hash holds that.
SELECT decision, detail ->> 'resume_from_status' AS resume, detail ->> 'checkpoint_ref' AS ref, plan_hash AS plan FROM plan_retry(7001, 'cp_jobs', resume => 'latest') \gset
SELECT :'decision' AS decision, :'resume' AS resume, :'ref' AS ref, :'plan' <> plan_hash AS differs FROM plan_retry(7001, 'cp_jobs');
-- An entry, not a change.
SELECT invalidate_checkpoint(:'c2', 'the bucket was lost'), invalidate_checkpoint(:'c2', 'again');
SELECT reason FROM checkpoint_invalidation;
SELECT run_key, reason_code, evidence ->> 'ref' AS ref FROM ledger_entry WHERE action = 'checkpoint_invalidated';
SELECT checkpoint_id = :'c1' AS the_one_before FROM latest_checkpoint(7001, 'cp_jobs');
SELECT * FROM refused($$SELECT invalidate_checkpoint('00000000-0000-7000-8000-000000000000', 'x')$$);
SELECT * FROM refused($$SELECT invalidate_checkpoint(NULL, 'x')$$) WHERE field = 'message';
SELECT * FROM refused(format('SELECT invalidate_checkpoint(%L, NULL)', :'c1')) WHERE field = 'message';
SELECT * FROM refused(format('SELECT invalidate_checkpoint(%L, %L, tenant => %L)', :'c1', 'x', 'other'), VARIADIC ARRAY[:'c1']) WHERE field = 'message';
SELECT * FROM refused(format('SELECT * FROM retry_run(7001, run_table => %L, new_run_id => %L, resume => %L, plan => %L)', 'cp_jobs', '7011', 'latest', :'plan'), VARIADIC ARRAY[:'plan']) WHERE field IN ('sqlstate', 'message');
-- Refusals of resume, in order; nothing is born.
SELECT * FROM refused(format('SELECT * FROM retry_run(7001, run_table => %L, new_run_id => %L, resume => %L)', 'cp_jobs', '7011', :'c2'), VARIADIC ARRAY[:'c2']);
SELECT checkpoint_id AS of_another FROM checkpoint WHERE run_key = '7002' AND seq = 1 \gset
SELECT * FROM refused(format('SELECT * FROM retry_run(7001, run_table => %L, new_run_id => %L, resume => %L)', 'cp_jobs', '7011', :'of_another'), VARIADIC ARRAY[:'of_another']);
SELECT * FROM refused($$SELECT * FROM retry_run(7003, run_table => 'cp_jobs', new_run_id => '7013', resume => 'latest')$$);
SELECT * FROM refused($$SELECT * FROM retry_run(7001, run_table => 'cp_jobs', new_run_id => '7011', resume => '')$$);
SELECT * FROM refused($$SELECT * FROM retry_run(7001, run_table => 'cp_jobs', new_run_id => '7011', resume => 'somewhere', on_refusal => 'raise', max_attempts => 99)$$) WHERE field = 'message';
SELECT decision, code FROM plan_retry(7003, 'cp_jobs', resume => 'latest');
SELECT decision, detail ->> 'code' AS code, detail ->> 'http_status' AS http FROM retry_run(7003, run_table => 'cp_jobs', new_run_id => '7013', resume => 'latest', on_refusal => 'record');
SELECT count(*) FROM cp_jobs WHERE id > 7009;
-- A retry that goes on: kept with the retry, on the ledger, in the work, in the answer.
SELECT retry_run_id, status, resume_from_status, checkpoint_ref, model_profile, dispatch_id, replayed
  FROM retry_run(7001, run_table => 'cp_jobs', new_run_id => '7011', resume => 'latest', request_id => 'r1');
SELECT retry_run_id, resume_from_status, checkpoint_ref, model_profile, replayed
  FROM retry_run(7001, run_table => 'cp_jobs', new_run_id => '7011', resume => 'latest', request_id => 'r1');
SELECT * FROM refused($$SELECT * FROM retry_run(7001, run_table => 'cp_jobs', new_run_id => '7011', request_id => 'r1')$$) WHERE field = 'message';
SELECT resume_from_status, checkpoint_ref, checkpoint_id = :'c1' AS that_one FROM retry WHERE run_table = 'public.cp_jobs';
SELECT evidence ->> 'resume_from_status' AS resume, evidence ->> 'checkpoint_ref' AS ref, evidence ->> 'model_profile' AS profile FROM ledger_entry
  WHERE action = 'retried' AND run_table = 'public.cp_jobs';
SELECT payload FROM work_item WHERE job_id = '7011';
-- J9: straight from where it begins to where it resumes, and nowhere else.
SELECT * FROM refused($$UPDATE cp_jobs SET status = 'RENDERED' WHERE id = 7011$$) WHERE field = 'message';
UPDATE cp_jobs SET status = 'PROBED' WHERE id = 7011;
SELECT * FROM refused($$UPDATE cp_jobs SET status = 'QUEUED' WHERE id = 7011$$) WHERE field = 'message';
SELECT checkpoint_id = :'c1' AS of_the_original, run_id FROM latest_checkpoint(7011, 'cp_jobs');
SELECT record_checkpoint(7011, 'RENDERED', 's3://c/11', run_table => 'cp_jobs') IS NOT NULL AS done;
SELECT run_id, attempt, ref FROM latest_checkpoint(7011, 'cp_jobs');
SELECT run_id, ref FROM latest_checkpoint(7001, 'cp_jobs');
UPDATE cp_jobs SET status = 'FAILED' WHERE id = 7011;
-- The retry of the retry may go on from the original's too; a claim puts it in its start status first.
SELECT resume_from_status, checkpoint_ref FROM retry_run(7011, run_table => 'cp_jobs', new_run_id => '7012', resume => :'c1');
SELECT job_id, payload FROM claim_work('cp', 'w');
SELECT status FROM cp_jobs WHERE id = 7012;
UPDATE cp_jobs SET status = 'PROBED' WHERE id = 7012;
-- A profile that is taken away is none.
SELECT code FROM plan_retry(7002, 'cp_jobs', overrides => '{"profile": "huge"}');
SELECT decision FROM plan_retry(7002, 'cp_jobs', overrides => '{"profile": null}');
-- From the start, and by hand: nothing is resumed and the machine holds.
SELECT resume_from_status, checkpoint_ref FROM retry_run(7002, run_table => 'cp_jobs', new_run_id => '7021', resume => 'start');
SELECT * FROM refused($$UPDATE cp_jobs SET status = 'PROBED' WHERE id = 7021$$) WHERE field = 'message';
INSERT INTO cp_jobs (id, owner, video_uri, parent_run_id) VALUES (7031, 'other', 's3://v/3', 7003);
SELECT * FROM refused($$UPDATE cp_jobs SET status = 'PROBED' WHERE id = 7031$$) WHERE field = 'message';
-- One that expires.
UPDATE cp_jobs SET status = 'DISPATCHED' WHERE id = 7031;
SELECT record_checkpoint(7031, 'PROBED', 'short', valid_until => clock_timestamp() + interval '3 s', run_table => 'cp_jobs') AS c3 \gset
UPDATE cp_jobs SET status = 'FAILED' WHERE id = 7031;
SELECT ref FROM latest_checkpoint(7031, 'cp_jobs');
SELECT pg_sleep(3.1);
SELECT ref FROM latest_checkpoint(7031, 'cp_jobs');
SELECT * FROM refused(format('SELECT * FROM retry_run(7031, run_table => %L, new_run_id => %L, resume => %L)', 'cp_jobs', '7032', :'c3'), VARIADIC ARRAY[:'c3']) WHERE field IN ('sqlstate', 'message');
-- A status that the table has no longer.
SELECT count(*) > 0 AS done FROM govern_runs('cp_jobs', statuses => '{"initial": ["QUEUED"], "active": ["DISPATCHED", "PROBED"], "ended": ["DONE", "FAILED"]}',
  transitions => '{"QUEUED": ["DISPATCHED", "FAILED"], "DISPATCHED": ["PROBED"], "PROBED": ["DONE", "FAILED"]}');
SELECT ref FROM latest_checkpoint(7011, 'cp_jobs');
-- Who may: SELECT and UPDATE on the table; what isn't seen doesn't exist.
CREATE ROLE cp_worker;
GRANT USAGE ON SCHEMA retry_ledger, public TO cp_worker;
GRANT SELECT ON cp_jobs TO cp_worker;
SET ROLE cp_worker;
SELECT * FROM refused($$SELECT record_checkpoint(7021, 'PROBED', 'x', run_table => 'cp_jobs')$$);
SELECT * FROM refused(format('SELECT invalidate_checkpoint(%L, %L)', :'c1', 'x')) WHERE field = 'message';
SELECT count(*) FROM latest_checkpoint(7011, 'cp_jobs');
SELECT * FROM refused($$SELECT * FROM checkpoint$$) WHERE field = 'message';
RESET ROLE;
GRANT UPDATE ON cp_jobs TO cp_worker;
SELECT accept_ddl('cp_jobs', 'ALTER TABLE cp_jobs ENABLE ROW LEVEL SECURITY', 'test') IS NOT NULL AS done;
SELECT accept_ddl('cp_jobs', 'CREATE POLICY cp_some ON cp_jobs USING (id > 7010)', 'test') IS NOT NULL AS done;
SET ROLE cp_worker;
SELECT ref FROM latest_checkpoint(7012, 'cp_jobs');
SELECT * FROM refused(format('SELECT invalidate_checkpoint(%L, %L)', :'c1', 'x'), VARIADIC ARRAY[:'c1']) WHERE field = 'message';
SELECT record_checkpoint(7021, 'PROBED', 'by a worker', run_table => 'cp_jobs') IS NOT NULL AS done;
RESET ROLE;
REVOKE ALL ON cp_jobs FROM cp_worker;
REVOKE ALL ON SCHEMA retry_ledger, public FROM cp_worker;
DROP ROLE cp_worker;
-- Profiles: a tenant's own list, a fallback for what is carried over, none for what is asked for; kept with the decision.
CREATE TABLE cp_models (id int PRIMARY KEY, tenant_id text, model text, status text NOT NULL DEFAULT 'queued', error text);
SELECT count(*) > 0 AS done FROM govern_runs('cp_models', input_columns => '{model}');
SELECT set_retry_policy('cp_models', profile_column => 'model', profiles => '{small}', tenant_profiles => '{"acme": ["large", "medium"]}',
  profile_fallback => '{medium,small}', audit_transitions => true) > 0 AS done;
SELECT profiles, tenant_profiles, profile_fallback, audit_transitions FROM retry_policy WHERE run_table = 'public.cp_models';
INSERT INTO cp_models VALUES (7501, 'acme', 'large'), (7502, 'acme', 'old'), (7503, 'b', 'old'), (7504, 'b', 'large'), (7505, 'b', NULL);
UPDATE cp_models SET status = 'running';
UPDATE cp_models SET status = 'failed';
SELECT decision, detail ->> 'profile_fallback_from' AS instead_of FROM plan_retry(7502, 'cp_models');
SELECT parent, r.model_profile, r.detail FROM generate_series(7501, 7503) parent,
  LATERAL retry_run(parent, run_table => 'cp_models', new_run_id => (parent + 100)::text) r ORDER BY 1;
SELECT model_profile, detail FROM retry_run(7504, run_table => 'cp_models', new_run_id => '7604');
SELECT model_profile, detail FROM retry_run(7505, run_table => 'cp_models', new_run_id => '7605');
SELECT id, model FROM cp_models WHERE id > 7600 ORDER BY 1;
SELECT run_key, evidence ->> 'model_profile' AS model_profile, evidence ->> 'profile_fallback_from' AS fell_back FROM ledger_entry
  WHERE run_table = 'public.cp_models' AND action = 'retried' ORDER BY 1;
UPDATE cp_models SET status = 'failed';
SELECT * FROM refused($$SELECT * FROM retry_run(7601, run_table => 'cp_models', new_run_id => '7701', overrides => '{"model": "small"}')$$);
SELECT * FROM refused($$INSERT INTO cp_models (id, tenant_id, model, parent_run_id) VALUES (7701, 'acme', 'old', 7602)$$) WHERE field = 'message';
INSERT INTO cp_models (id, tenant_id, model, parent_run_id) VALUES (7701, 'acme', 'large', 7601);
-- J13: every transition is on the ledger where the table asks for it.
SELECT run_key, action, prior_status, reason_code FROM ledger_entry WHERE run_table = 'public.cp_models' AND run_key IN ('7501', '7601')
  AND action IN ('transitioned', 'ended') ORDER BY entry_id;
SELECT set_retry_policy('cp_models', audit_transitions => false) > 0 AS done;
UPDATE cp_models SET status = 'running' WHERE id = 7701;
SELECT count(*) FROM ledger_entry WHERE run_table = 'public.cp_models' AND run_key = '7701';
SELECT * FROM refused($$SELECT set_retry_policy('cp_models', tenant_profiles => '["a"]')$$);
SELECT * FROM refused($$SELECT set_retry_policy('cp_models', tenant_profiles => '{"a": []}')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT set_retry_policy('cp_models', tenant_profiles => '{"a": [1]}')$$) WHERE field = 'message';
SELECT set_retry_policy('cp_models', clear => '{profiles}') > 0 AS done;
SELECT profile_column, profiles, tenant_profiles, profile_fallback FROM retry_policy WHERE run_table = 'public.cp_models' ORDER BY version DESC LIMIT 1;

-- rerun_failed_jobs and allow_target: answers, refusals, bad input, who sees what.
CREATE TABLE rj_jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text NOT NULL, "owner's ""repo""" text NOT NULL, pr_number int,
  workflow_run_id bigint, job_name text NOT NULL, price numeric(6,2), code char(6), born date,
  conclusion text NOT NULL DEFAULT 'queued', error text, labels jsonb, loud text COLLATE "und-x-icu",
  created_at timestamptz NOT NULL DEFAULT now());
SELECT count(*) > 0 AS adopted FROM govern_runs('rj_jobs', status_column => 'conclusion', statuses =>
  '{"initial": ["queued"], "active": ["in_progress"], "ended": ["success", "failure", "timed_out", "cancelled", "skipped"]}');
SELECT set_retry_policy('rj_jobs', retryable_statuses => '{failure,timed_out}');
INSERT INTO rj_jobs (tenant_id, "owner's ""repo""", pr_number, workflow_run_id, job_name, price, code, born, created_at)
  SELECT 'acme', 'web', 7, 100 + w, name, 1.5, 'ab', '2026-01-01', timestamptz '2026-01-01' + w * interval '1 hour'
  FROM generate_series(1, 2) w, unnest(ARRAY['build', 'lint', 'unit', 'e2e', 'deploy', 'docs']) WITH ORDINALITY n(name, n) ORDER BY w, n;
UPDATE rj_jobs SET conclusion = c, error = e FROM (VALUES
  ('build', 'failure', 'Error: read ECONNRESET'), ('lint', 'failure', 'error: unused variable x'), ('unit', 'success', NULL),
  ('e2e', 'failure', 'flaky test: login works'), ('deploy', 'cancelled', NULL), ('docs', 'in_progress', NULL)) v(n, c, e) WHERE job_name = n;
-- What varies from run to run is left out.
CREATE FUNCTION rj_shown(answer jsonb) RETURNS TABLE (decision text, reasons jsonb, target jsonb, metadata jsonb, jobs text)
  LANGUAGE sql AS $$
  SELECT answer ->> 'decision', answer -> 'reasons', answer -> 'target', answer -> 'metadata',
    (SELECT string_agg(concat_ws(' ', j ->> 'jobName', j ->> 'jobId', j ->> 'priorConclusion', j ->> 'action', j ->> 'attemptNumber',
                                 j ->> 'reasonCode', '-> ' || (j ->> 'newJobId')), E'\n' ORDER BY n)
     FROM jsonb_array_elements(answer -> 'jobs') WITH ORDINALITY e(j, n)) $$;

-- ---- the registry ---------------------------------------------------------------------------------------------
-- In production what nobody registered is refused.
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs')$$);
SELECT set_retry_policy('rj_jobs', environment => 'staging');
SELECT * FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs', dry_run => true));
SELECT set_retry_policy('rj_jobs', environment => 'prod');
SELECT allow_target('rj_jobs', '{"tenant_id": "acme", "workflow_run_id": 101}', max_attempts => 1, reason => 'the first');
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme", "workflow_run_id": 101}', 'ALL_JOBS', run_table => 'rj_jobs')$$);
SELECT allow_target('rj_jobs', '{"tenant_id": "acme"}', actions => '{ALL_JOBS,FAILED_ONLY,ALL_JOBS}');
-- The newest entry that the target contains counts; '{}' closes, however the target is spelled.
SELECT allow_target('rj_jobs', '{"pr_number": "8", "code": "ab  ", "price": 1.50}', actions => '{}');
SELECT value FROM (VALUES (1, '{"tenant_id": "acme", "pr_number": 8, "code": "ab", "price": "1.5"}'),
    (2, '{"tenant_id": "acme", "pr_number": "08", "code": "ab      ", "price": 1.500}'), (3, '{"tenant_id": "acme", "pr_number": 9}')) v(n, t),
  refused(format($$SELECT rerun_failed_jobs(%L, run_table => 'rj_jobs', dry_run => true)$$, t)) WHERE field IN ('message', 'none') ORDER BY n;
SELECT run_table, target, actions, max_attempts, version, reason FROM registered_targets WHERE run_table = 'public.rj_jobs' ORDER BY version;
SELECT reason_code, evidence FROM ledger_entry WHERE action = 'target_allowed' AND run_table = 'public.rj_jobs' ORDER BY entry_id;
SELECT * FROM refused($$UPDATE target_registry SET actions = '{ALL_JOBS}'$$);
SELECT * FROM refused($$DELETE FROM target_registry$$);
SELECT * FROM refused($$TRUNCATE target_registry$$);
-- Bad input.
SELECT * FROM refused($$SELECT allow_target('rj_jobs', '{"tenant_id": "acme"}', actions => '{RERUN}')$$);
SELECT * FROM refused($$SELECT allow_target('rj_jobs', '{"tenant_id": "acme"}', actions => '{NULL}')$$);
SELECT * FROM refused($$SELECT allow_target('rj_jobs', '{"tenant_id": "acme"}', max_attempts => 6)$$);
SELECT * FROM refused($$SELECT allow_target('rj_jobs', '{"tenant": "acme"}')$$);
SELECT * FROM refused($$SELECT allow_target('rj_jobs', '[{"tenant_id": "acme"}]')$$);
SELECT * FROM refused($$SELECT allow_target('rj_jobs', '{}')$$);
SELECT * FROM refused($$SELECT allow_target('rj_jobs', NULL)$$);
SELECT * FROM refused($$SELECT allow_target(NULL, '{"tenant_id": "acme"}')$$);
SELECT * FROM refused($$SELECT allow_target('pg_class', '{"relname": "x"}')$$);
SELECT max(version) FROM target_registry WHERE run_table = 'public.rj_jobs';

-- ---- a target -------------------------------------------------------------------------------------------------
-- A dry run changes and records nothing.
CREATE TABLE rj_before AS SELECT (SELECT count(*) FROM rj_jobs) AS jobs, (SELECT count(*) FROM retry) AS retries, (SELECT count(*) FROM ledger_entry) AS entries,
  (SELECT count(*) FROM request) AS requests;
SELECT * FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme"}', dry_run => true, request_id => 'dry', run_table => 'rj_jobs'));
SELECT (SELECT count(*) FROM rj_jobs) - jobs AS jobs, (SELECT count(*) FROM retry) - retries AS retries,
       (SELECT count(*) FROM ledger_entry) - entries AS entries, (SELECT count(*) FROM request) - requests AS requests FROM rj_before;
-- The newest workflow run is found; the table too, if it is the only one with these columns.
SELECT * FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme", "owner''s \"repo\"": "web"}'));
SELECT id, parent_run_id, tenant_id, "owner's ""repo""", pr_number, workflow_run_id, job_name, price, conclusion, error, attempt, is_retry FROM rj_jobs WHERE is_retry ORDER BY id;
-- Again: what is retried is history, its retry stands for it.
SELECT * FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs'));
SELECT action, run_key, attempt, reason_code, prior_status, failure_class, policy_hash IS NOT NULL AS policy,
       evidence - '{call_id,target,detail,builtin_failure_rules}'::text[] AS evidence, evidence ? 'call_id' AS call_id
  FROM ledger_entry WHERE run_table = 'public.rj_jobs' AND action IN ('retried', 'skipped', 'refused', 'rerun_called') ORDER BY entry_id;
-- Limits: the call's, the registry's, the policy's; whichever is least.
UPDATE rj_jobs SET conclusion = 'failure', error = 'Error: read ECONNRESET' WHERE is_retry;
SELECT jobs FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme"}', max_attempts => 1, run_table => 'rj_jobs'));
SELECT jobs FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs'));
UPDATE rj_jobs SET conclusion = 'timed_out', error = 'Error: read ECONNRESET' WHERE attempt = 3;
SELECT jobs FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs'));
SELECT jobs FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme"}', max_attempts => 5, run_table => 'rj_jobs'));
-- ALL_JOBS: also what succeeded; a hopeless failure still isn't.
SELECT jobs, reasons FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme", "workflow_run_id": 101}', 'ALL_JOBS', run_table => 'rj_jobs'));
-- NULL means IS NULL; nothing found.
SELECT * FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme", "workflow_run_id": null}', run_table => 'rj_jobs'));
SELECT * FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme", "job_name": "none"}', run_table => 'rj_jobs'));
SELECT * FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme", "born": "2026-01-01", "price": 1.5, "code": "ab", "job_name": "lint"}', run_table => 'rj_jobs'));
-- 1.499 isn't rounded to 1.50.
SELECT decision FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme", "price": 1.499}', run_table => 'rj_jobs'));

-- ---- many targets ---------------------------------------------------------------------------------------------
INSERT INTO rj_jobs (tenant_id, "owner's ""repo""", pr_number, workflow_run_id, job_name) SELECT 'acme', 'api', 20 + i, 200 + i, 'build' FROM generate_series(1, 2) i;
UPDATE rj_jobs SET conclusion = 'failure', error = '503 Service Unavailable' WHERE workflow_run_id > 200;
SELECT s.* FROM jsonb_array_elements(rerun_failed_jobs('[{"tenant_id": "acme", "pr_number": 21}, {"tenant_id": "acme", "pr_number": 22},
  {"tenant_id": "acme", "workflow_run_id": 201}]', run_table => 'rj_jobs')) WITH ORDINALITY a(document, n), rj_shown(document) s ORDER BY n;
SELECT jsonb_typeof(rerun_failed_jobs('[{"tenant_id": "acme"}]', run_table => 'rj_jobs', dry_run => true));
-- Refused one by one where refusals are recorded, as a whole where they are raised.
SELECT s.decision, s.reasons FROM jsonb_array_elements(rerun_failed_jobs('[{"tenant_id": "other"}, {"tenant_id": "acme", "pr_number": 22}]',
  run_table => 'rj_jobs', on_refusal => 'record')) WITH ORDINALITY a(document, n), rj_shown(document) s ORDER BY n;
SELECT * FROM refused($$SELECT rerun_failed_jobs('[{"tenant_id": "acme", "pr_number": 22}, {"tenant_id": "other"}]', run_table => 'rj_jobs')$$);

-- ---- idempotent -----------------------------------------------------------------------------------------------
UPDATE rj_jobs SET conclusion = 'failure', error = '503 Service Unavailable' WHERE workflow_run_id = 202 AND is_retry;
CREATE TABLE rj_first AS SELECT rerun_failed_jobs('{"tenant_id": "acme", "pr_number": 22}', request_id => 'req-1', run_table => 'rj_jobs') AS answer;
SELECT answer ->> 'requestId' AS request, answer ->> 'decision' AS decision, answer -> 'replayed' AS replayed FROM rj_first;
SELECT rerun_failed_jobs('{"pr_number": 22, "tenant_id": "acme"}', request_id => 'req-1', run_table => 'rj_jobs') = answer || '{"replayed": true}' AS the_same FROM rj_first;
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme", "pr_number": 21}', request_id => 'req-1', run_table => 'rj_jobs')$$);
SELECT a -> 'replayed' FROM jsonb_array_elements(rerun_failed_jobs('[{"tenant_id": "acme", "pr_number": 22}]', request_id => 'req-2', run_table => 'rj_jobs')) a;
SELECT a -> 'replayed' FROM jsonb_array_elements(rerun_failed_jobs('[{"tenant_id": "acme", "pr_number": 22}]', request_id => 'req-2', run_table => 'rj_jobs')) a;
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', request_id => '', run_table => 'rj_jobs')$$);

-- ---- refusals of the call ---------------------------------------------------------------------------------------
SELECT jsonb_pretty(rerun_failed_jobs('{"tenant_id": "other"}', run_table => 'rj_jobs', request_id => 'r3', on_refusal => 'record') - 'lawbookHash');
SELECT current_setting('response.status', true) AS status_is_local;
SELECT rerun_failed_jobs('{"tenant": "other"}', run_table => 'rj_jobs', on_refusal => 'record') - 'lawbookHash' AS answer;
SELECT rerun_failed_jobs('{"tenant_id": "other"}', run_table => 'rj_jobs', on_refusal => 'record', dry_run => true) -> 'error' ->> 'code' AS dry;
SELECT action, reason_code, evidence - '{call_id,detail}'::text[] AS evidence FROM ledger_entry
  WHERE (run_table = 'public.rj_jobs' OR run_table IS NULL) AND evidence ->> 'function' = 'rerun_failed_jobs' ORDER BY entry_id;
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs', on_refusal => 'ignore')$$);

-- ---- bad input --------------------------------------------------------------------------------------------------
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', 'SOME', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', 'failed_only', run_table => 'rj_jobs')$$);
SELECT decision FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme"}', NULL, NULL, NULL, NULL, 'rj_jobs', NULL, NULL));
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', max_attempts => 6, run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', max_attempts => 0, run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs(NULL, run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('null', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('"acme"', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('[]', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('[{"tenant_id": "acme"}, 1]', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('[{"tenant_id": "acme"}, {}]', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('[[{"tenant_id": "acme"}]]', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs((SELECT jsonb_agg('{"tenant_id": "acme"}'::jsonb) FROM generate_series(1, 100000)), run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme", "no column": 1, "x": 2}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme", "xmin": 1}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": {"a": 1}}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"pr_number": [7, 8]}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme", "pr_number": "seven"}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme", "pr_number": 99999999999}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme", "pr_number": true}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme", "labels": "x"}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"created_at": "2026-01-01"}', run_table => 'rj_jobs')$$);
SELECT * FROM refused(format($$SELECT rerun_failed_jobs('{"tenant_id": "%s"}', run_table => 'rj_jobs')$$, repeat('x', 1000)));
SELECT decision FROM rj_shown(rerun_failed_jobs('{"tenant_id": "acme", "job_name": "x'' OR true; --"}', run_table => 'rj_jobs'));
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'pg_class')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"id": 1}')$$, (SELECT string_agg('"' || table_name || '"', ', ' ORDER BY table_name)
  FROM retry_ledger.governed_table g JOIN pg_attribute a ON a.attrelid = g.run_table JOIN pg_class c ON c.oid = run_table
  WHERE kind = 'runs' AND attname = 'id' AND (SELECT rolsuper FROM pg_roles r WHERE r.oid = relowner)));
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"no_such_column_anywhere": 1}')$$);
-- A nondeterministic collation: equal values in many spellings.
CREATE COLLATION rj_any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE rj_loud (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, repo text COLLATE rj_any_case, status text NOT NULL);
SELECT count(*) > 0 AS adopted FROM govern_runs('rj_loud');
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"repo": "Web"}', run_table => 'rj_loud')$$);
-- Keys that only the caller can name.
CREATE TABLE rj_named (id int PRIMARY KEY, task text, status text NOT NULL);
SELECT count(*) > 0 AS adopted FROM govern_runs('rj_named');
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"task": "x"}', run_table => 'rj_named')$$);

-- ---- rules of the policy, set-wise --------------------------------------------------------------------------------
CREATE TABLE rj_parts (id uuid NOT NULL DEFAULT gen_random_uuid(), day date NOT NULL DEFAULT '2026-01-01', tenant_id int NOT NULL, batch int NOT NULL,
  status text NOT NULL DEFAULT 'queued', error text, model text, retry_reason varchar(40), PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE rj_parts_1 PARTITION OF rj_parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
SELECT count(*) > 0 AS adopted FROM govern_runs('rj_parts', input_columns => '{day,batch,model}');
SELECT set_retry_policy('rj_parts', retries_per_tenant => 3, environment => 'staging', profile_column => 'model', profiles => '{small}');
INSERT INTO rj_parts (tenant_id, batch, model) SELECT 1 + (i > 5)::int, 1 + i / 9, 'small' FROM generate_series(1, 10) i;
INSERT INTO rj_parts (tenant_id, batch, model) VALUES (4, 4, 'large');
UPDATE rj_parts SET status = 'failed', error = 'Error: socket hang up';
-- Each tenant has a budget; of a job without a name its key stands for it.
SELECT tenant_id, j ->> 'action' AS action, j ->> 'reasonCode' AS reason, count(*), bool_and(j ->> 'jobName' = j ->> 'jobId') AS by_key
  FROM jsonb_path_query(rerun_failed_jobs('{"batch": 1}', run_table => 'rj_parts'), '$.jobs[*]') j JOIN rj_parts p ON p.id::text = j ->> 'jobId'
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT jsonb_path_query_array(rerun_failed_jobs('{"batch": 4}', run_table => 'rj_parts'), '$.jobs[*].reasonCode');
SELECT tenant_id, attempt, model, retry_reason, count(*) FROM rj_parts WHERE is_retry GROUP BY 1, 2, 3, 4 ORDER BY 1;
SELECT set_retry_policy('rj_parts', clear => '{retries_per_tenant,profiles}', deadline => '0 seconds');
SELECT jsonb_path_query_array(rerun_failed_jobs('{"batch": 2}', run_table => 'rj_parts'), '$.jobs[*].reasonCode');
SELECT set_retry_policy('rj_parts', deadline => '1 day');
-- A trigger of the application that swallows rows makes the call fail as a whole.
CREATE FUNCTION rj_swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.parent_run_id IS NOT NULL AND NEW.tenant_id = 2 THEN NULL ELSE NEW END; END $$;
CREATE TRIGGER swallow BEFORE INSERT ON rj_parts FOR EACH ROW EXECUTE FUNCTION rj_swallow();
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"batch": 2}', run_table => 'rj_parts')$$);
DROP TRIGGER swallow ON rj_parts;
SELECT jsonb_path_query_array(rerun_failed_jobs('{"batch": 2}', run_table => 'rj_parts'), '$.jobs[*].reasonCode');
-- What the application's own trigger retries meanwhile isn't retried twice.
CREATE FUNCTION rj_meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.parent_run_id IS NOT NULL AND pg_trigger_depth() = 1 THEN
    INSERT INTO rj_parts (tenant_id, batch, parent_run_id)
      SELECT p.tenant_id, p.batch, p.id FROM rj_parts p WHERE p.batch = 3 AND p.status = 'failed' AND p.id <> NEW.parent_run_id
        AND NOT EXISTS (SELECT FROM rj_parts r WHERE r.parent_run_id = p.id) LIMIT 1;
  END IF;
  RETURN NEW;
END $$;
INSERT INTO rj_parts (tenant_id, batch) SELECT 3, 3 FROM generate_series(1, 2);
UPDATE rj_parts SET status = 'failed', error = 'Error: socket hang up' WHERE batch = 3;
CREATE TRIGGER meddle BEFORE INSERT ON rj_parts FOR EACH ROW EXECUTE FUNCTION rj_meddle();
SELECT j ->> 'reasonCode' AS reason, (j ->> 'newJobId') IS NOT NULL AS born
  FROM jsonb_path_query(rerun_failed_jobs('{"batch": 3}', run_table => 'rj_parts'), '$.jobs[*]') j ORDER BY 1, 2;
DROP TRIGGER meddle ON rj_parts;
SELECT count(*), count(DISTINCT parent_run_id) FROM rj_parts WHERE batch = 3 AND is_retry;

-- ---- who may, and who sees what -----------------------------------------------------------------------------------
CREATE ROLE rj_nobody; CREATE ROLE rj_reader; CREATE ROLE rj_acme; CREATE ROLE rj_other;
GRANT SELECT ON rj_jobs TO rj_reader;
GRANT SELECT, INSERT ON rj_jobs TO rj_acme, rj_other;
SET ROLE rj_nobody;
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"rj": "acme"}')$$) WHERE field = 'message';
SELECT count(*) FROM registered_targets;
SELECT count(*) FROM target_decisions;
SELECT * FROM refused($$SELECT * FROM target_registry$$);
SET ROLE rj_reader;
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs')$$);
SELECT * FROM refused($$SELECT allow_target('rj_jobs', '{"tenant_id": "acme"}')$$);
SELECT count(*) FROM registered_targets;
RESET ROLE;
SELECT set_retry_policy('rj_jobs', retry_roles => '{rj_other}');
SET ROLE rj_acme;
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "acme"}', run_table => 'rj_jobs')$$);
RESET ROLE;
SELECT set_retry_policy('rj_jobs', retry_roles => '{public}');
-- Another tenant's jobs don't exist, by row level security or by tenant =>.
SELECT allow_target('rj_jobs', '{"workflow_run_id": 300}');
INSERT INTO rj_jobs (tenant_id, "owner's ""repo""", workflow_run_id, job_name) VALUES ('acme', 'web', 300, 'build'), ('other', 'web', 300, 'build');
UPDATE rj_jobs SET conclusion = 'failure', error = 'connection timed out' WHERE workflow_run_id = 300;
SELECT s.metadata FROM rj_shown(rerun_failed_jobs('{"workflow_run_id": 300}', dry_run => true, run_table => 'rj_jobs')) s;
SELECT s.metadata FROM rj_shown(rerun_failed_jobs('{"workflow_run_id": 300}', dry_run => true, run_table => 'rj_jobs', tenant => 'other')) s;
SELECT s.decision, s.reasons FROM rj_shown(rerun_failed_jobs('{"workflow_run_id": 300, "tenant_id": "acme"}', dry_run => true, run_table => 'rj_jobs', tenant => 'other')) s;
SELECT accept_ddl('rj_jobs', 'ALTER TABLE rj_jobs ENABLE ROW LEVEL SECURITY', 'tenants');
SELECT accept_ddl('rj_jobs', $$CREATE POLICY own ON rj_jobs USING (tenant_id = substr(current_user, 4))$$, 'tenants');
SET ROLE rj_acme;
SELECT s.target, s.metadata, s.jobs FROM rj_shown(rerun_failed_jobs('{"workflow_run_id": 300}', run_table => 'rj_jobs', request_id => 'r300')) s;
SELECT rerun_failed_jobs('{"workflow_run_id": 300}', run_table => 'rj_jobs', request_id => 'r300') -> 'replayed' AS replayed;
SELECT s.decision, s.reasons FROM rj_shown(rerun_failed_jobs('{"workflow_run_id": 300, "tenant_id": "other"}', run_table => 'rj_jobs')) s;
SET ROLE rj_other;
-- An answer is for those who see what it speaks of: by role, and by what its policies let it see now.
SELECT s.metadata, s.jobs FROM rj_shown(rerun_failed_jobs('{"workflow_run_id": 300}', run_table => 'rj_jobs', request_id => 'r300')) s;
RESET ROLE;
SELECT accept_ddl('rj_jobs', $$CREATE POLICY less ON rj_jobs AS RESTRICTIVE USING (workflow_run_id::text IS DISTINCT FROM current_setting('rj.hidden', true))$$, 'test');
SET ROLE rj_other;
SET rj.hidden = '300';
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"workflow_run_id": 300}', run_table => 'rj_jobs', request_id => 'r300')$$);
RESET rj.hidden;
SELECT rerun_failed_jobs('{"workflow_run_id": 300}', run_table => 'rj_jobs', request_id => 'r300') -> 'replayed' AS replayed;
RESET ROLE;

-- ---- views ----------------------------------------------------------------------------------------------------------
UPDATE rj_jobs SET conclusion = 'success' WHERE workflow_run_id = 300 AND is_retry AND tenant_id = 'acme';
SELECT root_run_id, attempt, run_id, status, reason, at IS NOT NULL AS at FROM run_attempts WHERE run_table = 'public.rj_jobs' ORDER BY root_run_id::int, attempt;
SELECT run_id, original_run_id, attempt, original_status, failure_class, reason FROM recent_reruns WHERE run_table = 'public.rj_jobs' LIMIT 3;
SELECT tenant, target_text, decision, reasons, mode, total_jobs, rerun_jobs, blocked_jobs, skipped_jobs, request_id FROM target_decisions
  WHERE run_table = 'public.rj_jobs' ORDER BY decided_at, call_id;
SELECT tenant, day = (now() AT TIME ZONE 'UTC')::date AS today, failure_class, policy_version, tried, helped, did_not_help, open
  FROM retry_outcome WHERE run_table = 'public.rj_jobs' ORDER BY tenant, failure_class, policy_version;
SELECT s, run_helped(s, '{failed,odd}') FROM unnest(ARRAY['success', 'done', 'failed', 'odd', 'cancelled', 'TIMED_OUT']) s;
SET ROLE rj_other;
SELECT root_run_id, attempt, run_id FROM run_attempts WHERE run_table = 'public.rj_jobs' ORDER BY attempt;
SELECT run_id FROM recent_reruns;
SELECT tenant, target_text, decision FROM target_decisions ORDER BY decided_at;
SELECT tenant, failure_class, tried, open FROM retry_outcome;
SELECT can_see_all_runs('public.rj_jobs'), can_see_all_runs('public.none');
RESET ROLE;
-- By index, however long the history is.
ANALYZE retry_ledger.retry, retry_ledger.ledger_entry, retry_ledger.retry_policy;
CREATE FUNCTION rj_scans(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
  SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
    IF line ~ 'Scan.* on (retry|ledger_entry|retry_policy)' THEN RETURN NEXT regexp_replace(substring(line FROM '[A-Z].*'), ' Only| Backward', ''); END IF;
  END LOOP;
END $$;
SELECT * FROM rj_scans($$SELECT * FROM recent_reruns LIMIT 10$$);
SELECT * FROM rj_scans($$SELECT * FROM target_decisions WHERE run_table = 'public.rj_jobs' AND target_text = '{"tenant_id": "acme"}'$$);
SELECT * FROM rj_scans($$SELECT * FROM target_decisions WHERE run_table = 'public.rj_jobs' AND decided_at > '2026-01-01'$$);
SELECT * FROM rj_scans($$SELECT * FROM retry_outcome WHERE day = '2026-01-01'$$);
SELECT * FROM rj_scans($$SELECT * FROM run_attempts WHERE run_table = 'public.rj_jobs' AND root_run_id = '1'$$);
SELECT count(*) FROM ledger_entry e WHERE leaf_hash <> ledger_leaf_hash(e);

DROP OWNED BY rj_nobody, rj_reader, rj_acme, rj_other;
DROP ROLE rj_nobody, rj_reader, rj_acme, rj_other;

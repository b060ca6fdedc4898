-- Scenario F: the failed files of a workflow run are retried ("Continue"), charged, handed out and brought together.
-- Each description starts with the ids of the requirements that it proves (doc/traceability.md).
SELECT no_plan();
GRANT USAGE ON SCHEMA tap TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA tap TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA tap TO PUBLIC;
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$;

-- ---- the application's own tables ----------------------------------------------------------------------------------
CREATE TABLE workflow_templates (id int PRIMARY KEY, credits_per_run int NOT NULL, deleted_at timestamptz);
INSERT INTO workflow_templates VALUES (1, 5, NULL), (2, 3, now() - interval '1 day'), (3, 0, NULL);
CREATE TABLE workflow_runs (
  id              text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  tenant_id       text NOT NULL,
  template_id     int NOT NULL REFERENCES workflow_templates,
  status          text NOT NULL DEFAULT 'pending'
                  CHECK (status IN ('pending', 'processing', 'completed', 'completed_with_errors', 'failed')),
  max_retry_count int NOT NULL DEFAULT 3,
  completed_files int NOT NULL DEFAULT 0,
  failed_files    int NOT NULL DEFAULT 0,
  error           text,
  completed_at    timestamptz
);
CREATE TABLE workflow_files (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id        text NOT NULL REFERENCES workflow_runs,
  file_index    int NOT NULL,
  file_name     text NOT NULL,
  status        text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'error')),
  retry_attempt int NOT NULL DEFAULT 0,
  output        text,
  error         text,
  completed_at  timestamptz,
  UNIQUE (run_id, file_index)
);
CREATE ROLE f_owner; CREATE ROLE f_app; CREATE ROLE f_worker; CREATE ROLE f_clerk; CREATE ROLE f_reader;
ALTER TABLE workflow_templates OWNER TO f_owner; ALTER TABLE workflow_runs OWNER TO f_owner; ALTER TABLE workflow_files OWNER TO f_owner;
GRANT CREATE ON SCHEMA public TO f_owner;
GRANT SELECT, INSERT, UPDATE ON workflow_runs, workflow_files TO f_app, f_worker, f_clerk;
GRANT SELECT ON workflow_runs, workflow_files TO f_reader;
GRANT EXECUTE ON FUNCTION grant_credits TO f_owner;  -- its price is charged in credits

SET ROLE f_owner;
SELECT isnt_empty($$SELECT * FROM govern_runs('workflow_runs')$$,
  'F the table of runs is adopted by its owner');
SELECT isnt_empty($$SELECT * FROM govern_files('workflow_files', 'workflow_runs')$$, 'F and that of its files');
CREATE FUNCTION price_of_file(run jsonb) RETURNS int STABLE LANGUAGE sql AS $$
  SELECT credits_per_run FROM public.workflow_templates WHERE id = (run ->> 'template_id')::int $$;
SELECT is(set_retry_policy('workflow_runs', retryable_statuses => '{failed,completed_with_errors}', max_attempts => 10, retry_roles => '{f_app,f_owner}',
  price_function => 'public.price_of_file(jsonb)', max_attempts_column => 'max_retry_count'), 1, 'F their rules and their price');
SELECT is(set_work_queue('workflow_files', 'files', dispatch => 'retries'), 'files', 'F the files of retries are handed out from a queue');
RESET ROLE;

-- A run, its files, and what became of them; whatever stays pending was never run, and the operator gave the run up.
CREATE FUNCTION a_run(run text, tenant text, template int, VARIADIC became text[]) RETURNS text LANGUAGE sql AS $$
  INSERT INTO workflow_runs (id, tenant_id, template_id) VALUES (run, tenant, template);
  INSERT INTO workflow_files (run_id, file_index, file_name) SELECT run, i, i || '.pdf' FROM generate_subscripts(became, 1) i;
  UPDATE workflow_files f SET status = became[f.file_index], error = CASE WHEN became[f.file_index] = 'failed' THEN 'HTTP 503' END
    WHERE run_id = run AND became[f.file_index] <> 'pending';
  UPDATE workflow_runs SET status = 'failed', error = 'the operator stopped' WHERE id = run AND 'pending' = ANY (became);
  SELECT status FROM workflow_runs WHERE id = run $$;
-- Everything that a refused call could have touched.
CREATE VIEW everything AS SELECT
  (SELECT jsonb_agg(r ORDER BY id) FROM workflow_runs r) AS runs, (SELECT jsonb_agg(f ORDER BY id) FROM workflow_files f) AS files,
  (SELECT jsonb_agg(w ORDER BY job_id) FROM work_item w) AS work, (SELECT jsonb_agg(c ORDER BY entry_id) FROM credit_entry c) AS credits,
  (SELECT count(*) FROM retry) AS retries, (SELECT count(*) FROM ledger_entry) AS entries, (SELECT jsonb_agg(f) FROM file_count f) AS counts;
CREATE TABLE as_it_was AS SELECT * FROM everything;
CREATE FUNCTION remember() RETURNS void LANGUAGE sql AS 'DELETE FROM as_it_was; INSERT INTO as_it_was SELECT * FROM everything';
CREATE FUNCTION nothing_changed(why text) RETURNS text LANGUAGE sql AS
  $$SELECT results_eq('SELECT to_jsonb(t) FROM as_it_was t', 'SELECT to_jsonb(t) FROM everything t', why)$$;
CREATE FUNCTION files_of(run text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT string_agg(format('%s %s %s', file_index, status, retry_attempt), ', ' ORDER BY file_index) FROM workflow_files WHERE run_id = run $$;
CREATE FUNCTION balance(whose text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT monthly || '+' || purchased FROM credit_balance WHERE tenant IS NOT DISTINCT FROM whose $$;

SELECT isnt(grant_credits('acme', 12, 'monthly', expires_at => now() + interval '1 month'), NULL, 'F6 a monthly grant');
SELECT isnt(grant_credits('acme', 40, 'purchased'), NULL, 'F6 a purchased one');

-- ---- F1: max_retry_count -------------------------------------------------------------------------------------------
INSERT INTO workflow_runs (id, tenant_id, template_id) VALUES ('f1', 'acme', 1);
SELECT is(max_retry_count, 3, 'F1 max_retry_count is 3 by default') FROM workflow_runs WHERE id = 'f1';
SELECT throws_ok(format($$INSERT INTO workflow_runs (tenant_id, template_id, max_retry_count) VALUES ('acme', 1, %s)$$, n), 'PT400', NULL,
  format('F1 %s is refused', n)) FROM unnest(ARRAY[0, -1, 11, 2147483647]) n;
SELECT lives_ok(format($$INSERT INTO workflow_runs (tenant_id, template_id, max_retry_count) VALUES ('acme', 1, %s)$$, n),
  format('F1 %s is accepted', n)) FROM unnest(ARRAY[1, 10]) n;

-- ---- F2: all failed, mixed -----------------------------------------------------------------------------------------
SELECT is(a_run('allfailed', 'acme', 1, 'failed', 'failed', 'failed'), 'completed_with_errors', 'F10 a run ends with its last file');
CREATE TABLE before AS SELECT to_jsonb(r) AS run, (SELECT jsonb_agg(f ORDER BY f.id) FROM workflow_files f WHERE run_id = r.id) AS files
  FROM workflow_runs r WHERE id = 'allfailed';
SELECT is((decision, credits), ('accepted'::text, 15::bigint), 'B5 F4 a plan quotes what all files cost') FROM plan_retry('allfailed', 'workflow_runs');
SET ROLE f_app;
SELECT is(jsonb_build_array(attempt, status, original_status, decision, retry_run_id = dispatch_id, detail -> 'files', detail -> 'failed_files', detail -> 'pending_files', detail -> 'credits'),
  '[2, "pending", "completed_with_errors", "accepted", true, 3, 3, 0, 15]', 'F2 all failed: all files are retried, all at once')
  FROM retry_failed_files('allfailed', run_table => 'workflow_runs', new_run_id => 'allfailed-2');
RESET ROLE;
SELECT is(files_of('allfailed-2'), '1 pending 1, 2 pending 1, 3 pending 1', 'F2 all failed: new attempts of all three, F7 each attempt grows by 1');
SELECT results_eq($$SELECT to_jsonb(r), (SELECT jsonb_agg(f ORDER BY f.id) FROM workflow_files f WHERE run_id = r.id) FROM workflow_runs r WHERE id = 'allfailed'$$,
  'SELECT run, files FROM before', 'F2 all failed: the failed attempt and its files stay, byte for byte');
SELECT is(balance('acme'), '0+37', 'F6 monthly before purchased: 15 credits are 12 monthly and 3 purchased ones');
SELECT is((credits, monthly, purchased, refunded), (15::bigint, 12::bigint, 3::bigint, 0::bigint), 'F4 F6 F13 all failed: what the run cost, and the split')
  FROM run_credits WHERE run_id = 'allfailed-2';
SELECT results_eq($$SELECT count(*)::int, count(DISTINCT new.parent_file_id)::int FROM workflow_files new JOIN workflow_files old ON old.id = new.parent_file_id
  AND old.file_index = new.file_index AND old.file_name = new.file_name AND old.run_id = 'allfailed' WHERE new.run_id = 'allfailed-2' AND new.output IS NULL AND new.error IS NULL$$,
  'VALUES (3, 3)', 'F2 each is linked to the file that it retries, with its input and without its outcome');

SELECT is(a_run('mixed', 'acme', 1, 'completed', 'failed', 'pending', 'error'), 'failed', 'F2 mixed: a run with files of all kinds');
SELECT is(jsonb_build_array(detail -> 'files', detail -> 'failed_files', detail -> 'pending_files', detail -> 'credits'), '[2, 1, 1, 5]',
  'F2 mixed: failed and pending files are retried, F4 the failed ones are charged')
  FROM retry_failed_files('mixed', run_table => 'workflow_runs', new_run_id => 'mixed-2');
SELECT is(files_of('mixed-2'), '2 pending 1, 3 pending 1', 'F2 mixed: completed files stay where they are, F4 error files are never retried');
SELECT is(balance('acme'), '0+32', 'F4 mixed: one failed file is charged; pending and error ones are free');

-- ---- F4: all pending -----------------------------------------------------------------------------------------------
SELECT is(a_run('allpending', 'poor', 1, 'pending', 'pending'), 'failed', 'F4 all pending: nothing was ever run');
SELECT is(jsonb_build_array(detail -> 'files', detail -> 'pending_files', detail -> 'credits'), '[2, 2, null]', 'F4 all pending: free')
  FROM retry_failed_files('allpending', run_table => 'workflow_runs', new_run_id => 'allpending-2');
SELECT is_empty($$SELECT * FROM run_credits WHERE run_id = 'allpending-2'$$, 'F4 all pending: and no charge stands anywhere');

-- ---- F3: what can't be retried -------------------------------------------------------------------------------------
SELECT is(a_run('done', 'acme', 1, 'completed', 'completed'), 'completed', 'F3 completed: a run all of whose files completed');
SELECT is(a_run('allerror', 'acme', 1, 'completed', 'error'), 'completed_with_errors', 'F3 nothing to retry: a run with a file that can never do');
INSERT INTO workflow_runs (id, tenant_id, template_id) VALUES ('running', 'acme', 1);
INSERT INTO workflow_files (run_id, file_index, file_name) VALUES ('running', 1, 'a.pdf'), ('running', 2, 'b.pdf');
UPDATE workflow_runs SET status = 'processing' WHERE id = 'running';
UPDATE workflow_files SET status = 'failed' WHERE run_id = 'running' AND file_index = 1;
SELECT remember();
SELECT throws_like($$SELECT retry_failed_files('running', run_table => 'workflow_runs')$$, 'JOB_ALREADY_RUNNING: %', 'F3 running: refused');
SELECT throws_ok($$SELECT retry_failed_files('running', run_table => 'workflow_runs')$$, 'PT409', NULL, 'F3 running: 409');
SELECT throws_ok($$SELECT retry_failed_files('f1', run_table => 'workflow_runs')$$, 'PT409', NULL, 'F3 running: so is one that hasn''t begun');
SELECT throws_like($$SELECT retry_failed_files('done', run_table => 'workflow_runs')$$, 'NOTHING_TO_RETRY: %', 'F3 completed: refused');
SELECT throws_ok($$SELECT retry_failed_files('done', run_table => 'workflow_runs')$$, 'PT400', NULL, 'F3 completed: 400');
SELECT throws_like($$SELECT retry_failed_files('allerror', run_table => 'workflow_runs')$$, 'NOTHING_TO_RETRY: %', 'F3 nothing to retry: refused');
SELECT throws_ok($$SELECT retry_failed_files('allerror', run_table => 'workflow_runs')$$, 'PT400', NULL, 'F3 nothing to retry: 400');

-- ---- F5: too few credits -------------------------------------------------------------------------------------------
SELECT is(a_run('dear', 'poor', 1, 'failed', 'failed', 'pending'), 'failed', 'F5 two failed files, one pending');
SELECT isnt(grant_credits('poor', 9, 'purchased'), NULL, 'F5 9 credits for files at 5');
SELECT remember();
SELECT throws_like($$SELECT retry_failed_files('dear', run_table => 'workflow_runs')$$, 'INSUFFICIENT_CREDITS: %', 'F5 too few credits: refused');
SELECT throws_ok($$SELECT retry_failed_files('dear', run_table => 'workflow_runs')$$, 'PT402', NULL, 'F5 too few credits: 402');
SELECT nothing_changed('F5 too few credits: 402, nothing changed: no run, no file, no work, no entry of credits, no count');
SELECT is((decision, code), ('refused'::text, 'INSUFFICIENT_CREDITS'::text), 'F5 B5 a plan says so before') FROM plan_retry('dear', 'workflow_runs');
SELECT is((decision, detail ->> 'code', detail ->> 'http_status'), ('refused'::text, 'INSUFFICIENT_CREDITS'::text, '402'::text), 'F5 B4 recorded, it stays on the ledger')
  FROM retry_failed_files('dear', run_table => 'workflow_runs', on_refusal => 'record');
SELECT is(count(*)::int, 1, 'F5 B4 as a fact') FROM ledger_entry WHERE action = 'refused' AND run_key = 'dear' AND reason_code = 'INSUFFICIENT_CREDITS';
SELECT isnt(grant_credits('poor', 1, 'opening'), NULL, 'F6 an opening balance');
SELECT is(attempt, 2, 'F5 with one more credit all of them are retried') FROM retry_failed_files('dear', run_table => 'workflow_runs', new_run_id => 'dear-2');
SELECT is(balance('poor'), '0+0', 'F5 F6 which takes all there was');

-- ---- F8: a soft-deleted template -----------------------------------------------------------------------------------
SELECT is(a_run('deleted', 'acme', 2, 'failed', 'completed'), 'completed_with_errors', 'F8 a run of a template that was deleted since');
SELECT is(detail -> 'credits', '3', 'F8 a soft-deleted template still prices the retry')
  FROM retry_failed_files('deleted', run_table => 'workflow_runs', new_run_id => 'deleted-2');
SELECT is(balance('acme'), '0+29', 'F8 and it is charged');

-- ---- F9: explicit ids, double clicks -------------------------------------------------------------------------------
SELECT results_eq($$SELECT job_id COLLATE "default", kind, attempt, state FROM work_item WHERE run_key = 'allfailed-2' ORDER BY 1$$,
  $$VALUES ('allfailed-2:file:1', 'retry', 2, 'queued'), ('allfailed-2:file:2', 'retry', 2, 'queued'), ('allfailed-2:file:3', 'retry', 2, 'queued')$$,
  'F9 work is handed out as <run id>:file:<index>');
SELECT is(a_run('clicked', 'acme', 1, 'failed', 'failed'), 'completed_with_errors', 'F9 a run to be clicked on');
SELECT is(replayed, false, 'F9 a click') FROM retry_failed_files('clicked', run_table => 'workflow_runs', new_run_id => 'clicked-2', request_id => 'click 1');
SELECT remember();
SELECT is((retry_run_id, replayed), ('clicked-2'::text, true), 'F9 a double click: the same request gets the same answer')
  FROM retry_failed_files('clicked', run_table => 'workflow_runs', new_run_id => 'clicked-2', request_id => 'click 1');
SELECT nothing_changed('F9 a double click never runs or bills twice');
SELECT throws_like($$SELECT retry_failed_files('clicked', run_table => 'workflow_runs')$$, 'ALREADY_RETRIED: %', 'F9 a second click without a name is told who was first');
SELECT throws_ok($$SELECT retry_failed_files('clicked', run_table => 'workflow_runs', reason => 'other', request_id => 'click 1')$$, 'PT422', NULL, 'F9 another request under the same name is refused');
SELECT nothing_changed('F9 and neither runs or bills twice');
SELECT throws_ok($$INSERT INTO workflow_files (run_id, file_index, file_name, parent_file_id) SELECT 'clicked-2', file_index, file_name, id FROM workflow_files
  WHERE run_id = 'clicked' LIMIT 1$$, '23505', NULL, 'F9 nor does a row written by hand: a run has each file once');

-- ---- F10: fan-in ---------------------------------------------------------------------------------------------------
SELECT is((completed_files, failed_files, completed_at), (0, 0, NULL::timestamptz), 'F10 the counters of a new attempt start at 0') FROM workflow_runs WHERE id = 'allfailed-2';
GRANT EXECUTE ON FUNCTION claim_work, finish_work, finish_work_batch, expire_leases, extend_lease TO f_worker;
SET ROLE f_worker;
CREATE TEMP TABLE mine AS SELECT * FROM claim_work('files', 'worker 1', 3);
SELECT results_eq('SELECT job_id, kind, run_id, tenant, attempt FROM mine ORDER BY job_id', $$SELECT 'allfailed-2:file:' || i, 'retry', 'allfailed-2', 'acme', 2 FROM generate_series(1, 3) i$$,
  'F9 F10 a worker claims files in the order in which they were asked for');
SELECT is(finish_work(job_id, fence, 'completed', '{"output": "a page"}'), 'completed', 'F10 the first file completes') FROM mine WHERE job_id LIKE '%:1';
SELECT is(finish_work(job_id, fence, 'failed', '{"error": "HTTP 503"}'), 'failed', 'F10 the second fails again') FROM mine WHERE job_id LIKE '%:2';
SELECT isnt(status, 'completed_with_errors', 'F10 the run goes on as long as one of its files does') FROM workflow_runs WHERE id = 'allfailed-2';
SELECT is(finish_work(job_id, fence, 'completed'), 'completed', 'F10 the last one completes') FROM mine WHERE job_id LIKE '%:3';
SELECT throws_ok($$SELECT finish_work(job_id, fence, 'failed') FROM mine WHERE job_id LIKE '%:3'$$, 'PT409', NULL, 'F9 F10 no file is settled twice');
RESET ROLE;
SELECT is((status, completed_files, failed_files), ('completed_with_errors'::text, 2, 1), 'F10 the run ends with its last file, completed with errors, and counts them')
  FROM workflow_runs WHERE id = 'allfailed-2';
SELECT is(count(*)::int, 1, 'F10 exactly once') FROM ledger_entry WHERE action = 'ended' AND run_table = 'public.workflow_runs' AND run_key = 'allfailed-2';
SELECT is(attempt, 3, 'F2 what failed again may be retried again') FROM retry_failed_files('allfailed-2', run_table => 'workflow_runs', new_run_id => 'allfailed-3');
SELECT is(files_of('allfailed-3'), '2 pending 2', 'F2 F7 only the file that failed again, in its next attempt');
UPDATE workflow_files SET status = 'completed', output = 'a page' WHERE run_id = 'allfailed-3';
SELECT is((status, completed_files, failed_files), ('completed'::text, 1, 0), 'F10 a run all of whose files completed is completed, whoever updates them') FROM workflow_runs WHERE id = 'allfailed-3';
SELECT throws_ok($$UPDATE workflow_files SET output = 'better' WHERE run_id = 'allfailed-3'$$, '23R01', NULL, 'F10 and its files are facts');
SELECT throws_ok($$INSERT INTO workflow_files (run_id, file_index, file_name) VALUES ('allfailed-3', 9, 'late.pdf')$$, '23R01', NULL, 'F10 no file comes late');
CREATE FUNCTION answer_to(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE m text; d text; h text; s text; BEGIN EXECUTE call; RETURN 'it passed'; EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT, s = RETURNED_SQLSTATE;
  RETURN concat_ws(' | ', s, m, d, h); END$$;
SELECT alike(answer_to($$UPDATE workflow_files SET status = 'pending' WHERE run_id = 'allfailed-2' AND status = 'failed'$$),
  '%Cannot mutate completed/failed/error workflow_files%SELECT * FROM retry_failed_files(''allfailed-2'', run_table => ''public.workflow_runs'').',
  'F2 nobody sets a failed file back; the hint says what to do instead');
SELECT results_eq($$SELECT (current_run_id, attempts, total, completed, failed, pending, error)::text FROM workflow_progress WHERE run_table = 'public.workflow_runs' AND run_id = 'allfailed'$$,
  $$VALUES ('(allfailed-3,3,3,3,0,0,0)')$$, 'F2 F10 the workflow as one: its files unchanged in number, each by its latest attempt');
SELECT results_eq($$SELECT (current_run_id, attempts, total, completed, failed, pending, error)::text FROM workflow_progress WHERE run_table = 'public.workflow_runs' AND run_id = 'mixed'$$,
  $$VALUES ('(mixed-2,2,4,1,0,2,1)')$$, 'F2 mixed: 1 completed, 1 in error for good, 2 on their way');
SELECT is(credits::int, 20, 'F13 and what all its retries cost') FROM workflow_progress WHERE run_table = 'public.workflow_runs' AND run_id = 'allfailed';

-- ---- F7: the limit -------------------------------------------------------------------------------------------------
INSERT INTO workflow_runs (id, tenant_id, template_id, max_retry_count) VALUES ('limited', 'acme', 3, 1);
INSERT INTO workflow_files (run_id, file_index, file_name) SELECT 'limited', i, i || '.pdf' FROM generate_series(1, 2) i;
UPDATE workflow_files SET status = 'failed' WHERE run_id = 'limited';
SELECT is(attempt, 2, 'F7 with max_retry_count = 1 there is one retry') FROM retry_failed_files('limited', run_table => 'workflow_runs', new_run_id => 'limited-2');
SELECT is(max_retry_count, 1, 'F7 which has the same limit') FROM workflow_runs WHERE id = 'limited-2';
UPDATE workflow_files SET status = CASE file_index WHEN 1 THEN 'failed' ELSE 'completed' END WHERE run_id = 'limited-2';
SELECT remember();
SELECT throws_like($$SELECT retry_failed_files('limited-2', run_table => 'workflow_runs')$$, 'MAX_ATTEMPTS_REACHED: %', 'F7 too many attempts: refused');
SELECT throws_ok($$SELECT retry_failed_files('limited-2', run_table => 'workflow_runs')$$, 'PT400', NULL, 'F7 too many attempts: 400');
SELECT throws_ok($$SELECT retry_failed_files('limited-2', run_table => 'workflow_runs', overrides => '{"max_retry_count": 9}')$$, 'PT400', NULL, 'F7 B3 and no argument raises the limit');
SELECT throws_ok($$INSERT INTO workflow_runs (tenant_id, template_id, parent_run_id, max_retry_count) VALUES ('acme', 3, 'limited-2', 9)$$, 'PT400', NULL, 'F7 B3 nor does a row written by hand');
SELECT nothing_changed('F7 too many attempts: nothing changed');

-- ---- by hand: the rules are the same -------------------------------------------------------------------------------
SELECT is(a_run('byhand', 'acme', 1, 'failed', 'pending', 'error', 'completed'), 'failed', 'F2 F4 a run to be retried by hand');
SET ROLE f_app;
INSERT INTO workflow_runs (id, tenant_id, template_id, parent_run_id) VALUES ('byhand-2', 'acme', 1, 'byhand');
INSERT INTO workflow_files (run_id, file_index, file_name, parent_file_id) SELECT 'byhand-2', file_index, file_name, id FROM workflow_files
  WHERE run_id = 'byhand' AND status IN ('failed', 'pending');
SELECT is(files_of('byhand-2'), '1 pending 1, 2 pending 1', 'F2 F7 by hand: new attempts, counted on by us');
RESET ROLE;
SELECT is((credits, purchased), (5::bigint, 5::bigint), 'F4 F6 by hand: the failed file is charged, the pending one free') FROM run_credits WHERE run_id = 'byhand-2';
SELECT results_eq($$SELECT job_id COLLATE "default" FROM work_item WHERE run_key = 'byhand-2' ORDER BY 1$$, $$VALUES ('byhand-2:file:1'), ('byhand-2:file:2')$$, 'F9 by hand: the same ids');
SELECT throws_ok(format($$INSERT INTO workflow_files (run_id, file_index, file_name, parent_file_id) SELECT 'byhand-2', file_index, file_name, id FROM workflow_files
  WHERE run_id = 'byhand' AND status = %L$$, s), 'PT409', NULL, format('F4 by hand: %s files are never retried', s)) FROM unnest(ARRAY['error', 'completed']) s;
SELECT throws_ok($$INSERT INTO workflow_files (run_id, file_index, file_name) VALUES ('byhand-2', 7, 'new.pdf')$$, '23R01', NULL, 'F2 by hand: a retry has no files of its own');
SELECT throws_ok($$INSERT INTO workflow_runs (tenant_id, template_id, parent_run_id) VALUES ('acme', 1, 'running')$$, 'PT409', NULL, 'F3 by hand: a running run isn''t retried');
SELECT throws_ok($$INSERT INTO workflow_runs (tenant_id, template_id, parent_run_id) VALUES ('acme', 1, 'done')$$, 'PT409', NULL, 'F3 by hand: nor one that completed');
SELECT throws_ok($$INSERT INTO workflow_runs (tenant_id, template_id, parent_run_id) VALUES ('acme', 1, 'byhand')$$, 'PT409', NULL, 'F9 by hand: nor one that has been');
SELECT is(a_run('poorhand', 'poor', 1, 'failed', 'failed'), 'completed_with_errors', 'F5 by hand: a tenant without credits');
SELECT remember();
SELECT throws_ok($$WITH run AS (INSERT INTO workflow_runs (id, tenant_id, template_id, parent_run_id) VALUES ('poorhand-2', 'poor', 1, 'poorhand') RETURNING id)
  INSERT INTO workflow_files (run_id, file_index, file_name, parent_file_id) SELECT 'poorhand-2', file_index, file_name, id FROM workflow_files WHERE run_id = 'poorhand'$$,
  'PT402', NULL, 'F5 by hand: refused, 402');
SELECT nothing_changed('F5 by hand: nothing changed');

-- ---- F11: handing out fails ----------------------------------------------------------------------------------------
SELECT isnt(grant_credits('split', 4, 'monthly', expires_at => now() + interval '1 day'), NULL, 'F11 4 monthly credits');
SELECT isnt(grant_credits('split', 20, 'purchased'), NULL, 'F11 20 purchased ones');
SELECT is(a_run('unsent', 'split', 1, 'failed', 'failed'), 'completed_with_errors', 'F11 a run that will not be handed out');
SELECT is(detail -> 'credits', '10', 'F11 it is charged') FROM retry_failed_files('unsent', run_table => 'workflow_runs', new_run_id => 'unsent-2');
SELECT is(balance('split'), '0+14', 'F11 4 monthly and 6 purchased');
GRANT EXECUTE ON FUNCTION dispatch_failed(text, text, regclass, text, text, text) TO f_app;
SET ROLE f_app;
SELECT is((code, refund, status, detail ->> 'http_status'), ('ORCHESTRATOR_DISPATCH_FAILED'::text, 'done'::text, 'failed'::text, '502'::text), 'F11 the orchestrator is gone: 502, and the charge is refunded')
  FROM dispatch_failed('unsent-2', run_table => 'workflow_runs', error => 'connection refused');
RESET ROLE;
SELECT is(balance('split'), '4+20', 'F11 split as it was taken');
SELECT is((credits, monthly, purchased, refunded), (10::bigint, 4::bigint, 6::bigint, 10::bigint), 'F11 F13 which the view shows') FROM run_credits WHERE run_id = 'unsent-2';
SELECT is(string_agg(DISTINCT state, ''), 'void', 'F11 none of its files is handed out any more') FROM work_item WHERE run_key = 'unsent-2';
SELECT is(count(*)::int, 0, 'F11 none indeed') FROM claim_work('files', 'w', 100) WHERE run_id = 'unsent-2';
SELECT is((refund, balance('split')), ('done'::text, '4+20'::text), 'F11 said twice, it is refunded once') FROM dispatch_failed('unsent-2', run_table => 'workflow_runs');
SELECT is((attempt, dispatch_id), (2, 'unsent-3'::text), 'F11 the run may be retried again, as the same attempt') FROM retry_failed_files('unsent', run_table => 'workflow_runs', new_run_id => 'unsent-3');
SELECT is(files_of('unsent-3'), '1 pending 1, 2 pending 1', 'F11 its files too');
SELECT is(balance('split'), '0+14', 'F11 at the same price');
SELECT results_eq($$SELECT (current_run_id, attempts, total, pending)::text FROM workflow_progress WHERE run_id = 'unsent'$$, $$VALUES ('(unsent-3,2,2,2)')$$, 'F11 the workflow goes on without the void attempt');
SELECT throws_like($$SELECT retry_failed_files('unsent-2', run_table => 'workflow_runs')$$, 'RETRY_NOT_ALLOWED_STATE: %', 'F11 which nobody retries');
SELECT is((SELECT value::int FROM retry_metrics WHERE metric = 'retry_void_total' AND run_table = 'public.workflow_runs'), 1, 'F11 Q10 a void counts as one');
SELECT is((SELECT coalesce(sum(value), 0)::int FROM retry_metrics WHERE metric = 'retry_failure_total' AND run_table = 'public.workflow_runs' AND status = 'failed'), 0,
  'F11 Q10 and not as a failure');


-- A refund that fails: the application's own billing is down.
CREATE TABLE billing (charge_id uuid, credits bigint, refunded boolean DEFAULT false);
CREATE TABLE billing_is_up (up boolean);
INSERT INTO billing_is_up VALUES (true);
ALTER TABLE billing OWNER TO f_owner; ALTER TABLE billing_is_up OWNER TO f_owner;
SET ROLE f_owner;
CREATE FUNCTION bill(ask jsonb) RETURNS void LANGUAGE sql AS $$INSERT INTO public.billing VALUES ((ask ->> 'charge_id')::uuid, (ask ->> 'credits')::bigint)$$;
CREATE FUNCTION unbill(ask jsonb) RETURNS void LANGUAGE plpgsql AS $$BEGIN
  IF NOT (SELECT up FROM public.billing_is_up) THEN RAISE EXCEPTION 'billing is down'; END IF;
  UPDATE public.billing SET refunded = true WHERE charge_id = (ask ->> 'charge_id')::uuid; END$$;
SELECT isnt(set_retry_policy('workflow_runs', charge_function => 'public.bill(jsonb)', refund_function => 'public.unbill(jsonb)'), NULL, 'F11 billing of the application''s own');
RESET ROLE;
SELECT is(a_run('billed', 'split', 1, 'failed'), 'completed_with_errors', 'F11 a run that is billed there');
SELECT is(attempt, 2, 'F11 and retried') FROM retry_failed_files('billed', run_table => 'workflow_runs', new_run_id => 'billed-2');
SELECT results_eq('SELECT credits, refunded FROM billing', 'VALUES (5::bigint, false)', 'F11 it is billed');
UPDATE billing_is_up SET up = false;
SELECT is((code, refund, detail ->> 'message', detail #>> '{detail,refund_error}'),
  ('ORCHESTRATOR_DISPATCH_FAILED'::text, 'failed'::text, 'ORCHESTRATOR_DISPATCH_FAILED: queue is gone'::text, 'billing is down'::text),
  'F11 the refund fails, too: the first error is the one reported') FROM dispatch_failed('billed-2', run_table => 'workflow_runs', error => 'queue is gone');
SELECT is((status, error), ('failed'::text, 'dispatch_failed: queue is gone'::text), 'F11 the void stands') FROM workflow_runs WHERE id = 'billed-2';
SELECT is(count(*)::int, 1, 'F11 nothing is lost: the ledger has the refund that failed') FROM ledger_entry
  WHERE action = 'refund_failed' AND run_key = 'billed-2' AND evidence ->> 'message' = 'billing is down';
SELECT is((credits, refunded), (5::bigint, 0::bigint), 'F11 F13 and what is owed stands in the view') FROM run_credits WHERE run_id = 'billed-2';
UPDATE billing_is_up SET up = true;
SELECT is(refund, 'done', 'F11 said again, the refund is made up for') FROM dispatch_failed('billed-2', run_table => 'workflow_runs', error => 'queue is gone');
SELECT results_eq('SELECT credits, refunded FROM billing', 'VALUES (5::bigint, true)', 'F11 there, too');
SELECT is((decision, credits), ('already_refunded'::text, 0::bigint), 'F11 once') FROM refund_credits('billed-2', 'workflow_runs');
SET ROLE f_owner;
SELECT isnt(set_retry_policy('workflow_runs', clear => '{billing}'), NULL, 'F11 back to our credits');
RESET ROLE;

-- ---- F12: other tenants --------------------------------------------------------------------------------------------
SELECT is(a_run('secret', 'acme', 1, 'failed'), 'completed_with_errors', 'F12 a run of acme''s');
SELECT throws_ok($$SELECT retry_failed_files('secret', run_table => 'workflow_runs', tenant => 'poor')$$, 'PT404', NULL, 'F12 another tenant''s run, by tenant =>: 404');
SELECT throws_ok($$SELECT retry_failed_files('nosuch', run_table => 'workflow_runs', tenant => 'poor')$$, 'PT404', NULL, 'F12 an unknown run: 404');
SELECT is(replace(answer_to($$SELECT retry_failed_files('secret', run_table => 'workflow_runs', tenant => 'poor')$$), 'secret', 'nosuch'),
  answer_to($$SELECT retry_failed_files('nosuch', run_table => 'workflow_runs', tenant => 'poor')$$), 'F12 nothing is leaked: the answers are the same but for the id');
SELECT throws_ok($$SELECT dispatch_failed('allpending-2', run_table => 'workflow_runs', tenant => 'acme')$$, 'PT404', NULL, 'F12 nor can it be voided');
SELECT accept_ddl('workflow_runs', 'ALTER TABLE workflow_runs ENABLE ROW LEVEL SECURITY', 'tenants') IS NOT NULL AS accepted;
SELECT accept_ddl('workflow_runs', $$CREATE POLICY by_tenant ON workflow_runs TO f_app, f_reader USING (tenant_id = current_setting('app.tenant', true))$$, 'tenants') IS NOT NULL AS accepted;
SELECT accept_ddl('workflow_runs', $$CREATE POLICY workers ON workflow_runs TO f_worker USING (true)$$, 'workers') IS NOT NULL AS accepted;
SET ROLE f_app;
SET app.tenant = 'poor';
SELECT throws_ok($$SELECT retry_failed_files('secret', run_table => 'workflow_runs')$$, 'PT404', NULL, 'F12 another tenant''s run, with row level security: 404');
SELECT is(replace(answer_to($$SELECT retry_failed_files('secret', run_table => 'workflow_runs')$$), 'secret', 'nosuch'),
  answer_to($$SELECT retry_failed_files('nosuch', run_table => 'workflow_runs')$$), 'F12 nothing is leaked with row level security');
SELECT throws_ok($$INSERT INTO workflow_runs (tenant_id, template_id, parent_run_id) VALUES ('poor', 1, 'secret')$$, 'PT404', NULL, 'F12 by hand: 404');
SELECT is(count(*)::int, 0, 'F12 the view of the workflow shows none of another tenant''s') FROM workflow_progress WHERE run_id = 'secret';
SELECT is(count(*)::int, 0, 'F12 F13 nor does that of credits') FROM run_credits WHERE tenant = 'acme';
SELECT is(count(*)::int, 1, 'F13 but one''s own') FROM run_credits WHERE run_id = 'dear-2';
SET app.tenant = 'acme';
SELECT is(attempt, 2, 'F12 its own tenant retries it') FROM retry_failed_files('secret', run_table => 'workflow_runs', new_run_id => 'secret-2');
RESET ROLE;
SELECT is(tenant_id, 'acme', 'F12 for itself') FROM workflow_runs WHERE id = 'secret-2';

-- ---- F13: who may --------------------------------------------------------------------------------------------------
SELECT is(a_run('whose', 'acme', 3, 'failed'), 'completed_with_errors', 'F13 a run that not everybody may retry');
SELECT accept_ddl('workflow_runs', $$CREATE POLICY clerks ON workflow_runs TO f_clerk USING (true)$$, 'clerks') IS NOT NULL AS accepted;
SELECT remember();
SET ROLE f_clerk;
SELECT throws_ok($$SELECT retry_failed_files('whose', run_table => 'workflow_runs')$$, 'PT403', NULL, 'F13 a role that wasn''t granted it: 403');
SELECT throws_ok($$INSERT INTO workflow_runs (tenant_id, template_id, parent_run_id) VALUES ('acme', 3, 'whose')$$, 'PT403', NULL, 'F13 by hand: 403');
SET ROLE f_reader;
SELECT throws_ok($$SELECT retry_failed_files('whose', run_table => 'workflow_runs')$$, 'PT403', NULL, 'F13 without INSERT on the tables: 403');
SET ROLE f_app;
SELECT throws_ok($$SELECT grant_credits('acme', 1000, 'purchased')$$, '42501', NULL, 'F13 who may retry can''t grant themselves credits');
RESET ROLE;
SELECT nothing_changed('F13 and nothing changed');
SET ROLE f_app;
SELECT is(attempt, 2, 'F13 a role that was granted it retries') FROM retry_failed_files('whose', run_table => 'workflow_runs');
RESET ROLE;

-- ---- F9: batch mode ------------------------------------------------------------------------------------------------
SET ROLE f_owner;
SELECT is(set_work_queue('workflow_files', 'batches', mode => 'batch'), 'batches', 'F9 in batch mode all files of a run are one job');
RESET ROLE;
SELECT is(a_run('batch', 'acme', 3, 'failed', 'pending', 'completed', 'failed'), 'failed', 'F9 a run for it');
SELECT is(dispatch_id, 'batch-2', 'F9 batch: handed out under the run id') FROM retry_failed_files('batch', run_table => 'workflow_runs', new_run_id => 'batch-2');
SELECT results_eq($$SELECT job_id COLLATE "default", kind, jsonb_path_query_array(payload, '$.files[*].file_index') FROM work_item WHERE run_key = 'batch-2'$$,
  $$VALUES ('batch-2', 'retry', '[1, 2, 4]'::jsonb)$$, 'F9 batch: one job carries all files');
SELECT throws_ok($$SELECT retry_failed_files('batch', run_table => 'workflow_runs')$$, 'PT409', NULL, 'F9 batch: a double click hands nothing out');
SET ROLE f_worker;
SELECT results_eq($$SELECT job_id, run_id, tenant, fence FROM claim_work('batches', 'worker 2', 10)$$, $$VALUES ('batch-2', 'batch-2', 'acme', 1::bigint)$$, 'F9 batch: a worker claims it');
SELECT is(string_agg(DISTINCT status, ''), 'processing', 'F9 batch: and with it all of its files') FROM workflow_files WHERE run_id = 'batch-2';
SELECT is(finish_work('batch-2', 1, 'completed', '{"files": {"4": {"status": "failed", "error": "HTTP 503"}}}'), 'completed', 'F9 F10 batch: one report on all of them');
SELECT throws_ok($$SELECT finish_work('batch-2', 1, 'failed')$$, 'PT409', NULL, 'F9 batch: once');
RESET ROLE;
SELECT is(files_of('batch-2'), '1 completed 1, 2 completed 1, 4 failed 1', 'F9 F10 batch: each file as the report says');
SELECT is((status, completed_files, failed_files), ('completed_with_errors'::text, 2, 1), 'F10 batch: with which the run ends') FROM workflow_runs WHERE id = 'batch-2';

-- ---- at the end ----------------------------------------------------------------------------------------------------
SELECT is_empty('SELECT * FROM verify_credits()', 'F5 F6 F11 all credits add up, and agree with the ledger');
SELECT is_empty($$SELECT run_id, file_index FROM workflow_files GROUP BY 1, 2 HAVING count(*) > 1$$, 'F9 no file twice in a run');
SELECT is_empty($$SELECT parent_run_id FROM retry_history h JOIN workflow_runs r ON r.id = h.retry_run_id WHERE h.voided_at IS NULL GROUP BY 1 HAVING count(*) > 1$$, 'F9 B2 no run retried twice');
SELECT is_empty($$SELECT run_key FROM ledger_entry WHERE action = 'ended' AND run_table = 'public.workflow_runs' GROUP BY 1 HAVING count(*) > 1$$, 'F10 no run ended twice');
SELECT * FROM finish();

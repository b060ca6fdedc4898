-- Scenario W: worker runs.  A retry creates a new execution; what ended is a fact.
-- Each description starts with the ids of the requirements that it proves (doc/traceability.md).
SELECT no_plan();
-- Some tests run as the table's owner.
GRANT USAGE ON SCHEMA tap TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA tap TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA tap TO PUBLIC;
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$;

-- An application's own tables, with rows, as its migrations left them.
CREATE TABLE worker_runs (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id    text NOT NULL,
  worker_id    text NOT NULL,
  task         jsonb NOT NULL,
  status       text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
  error        text,
  cost         numeric,
  created_at   timestamptz NOT NULL DEFAULT now(),
  started_at   timestamptz,
  completed_at timestamptz
);
CREATE TABLE aos_traces (id int PRIMARY KEY, run_id uuid NOT NULL REFERENCES worker_runs, name text NOT NULL,
  ended_at timestamptz, outcome text);
CREATE TABLE aos_trace_steps (id int PRIMARY KEY, trace_id int NOT NULL REFERENCES aos_traces, payload jsonb);
INSERT INTO worker_runs (id, tenant_id, worker_id, task, status, error, cost, started_at, completed_at)
  SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, 'tenant ' || i % 2, 'worker ' || i,
         jsonb_build_object('n', i), s.status, CASE s.status WHEN 'failed' THEN 'error of ' || i END, 1.0, now(),
         CASE WHEN s.status IN ('completed', 'failed') THEN now() END
  FROM generate_series(1, 20) i, LATERAL (SELECT (ARRAY['failed', 'failed', 'completed', 'running', 'queued'])[1 + i % 5]) s(status);
CREATE FUNCTION run(i int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;
CREATE TABLE before AS SELECT id, (w.*)::text AS row FROM worker_runs w;

CREATE ROLE w_owner; CREATE ROLE w_app; CREATE ROLE w_super SUPERUSER;
ALTER TABLE worker_runs OWNER TO w_owner;
ALTER TABLE aos_traces OWNER TO w_owner;
ALTER TABLE aos_trace_steps OWNER TO w_owner;
GRANT CREATE ON SCHEMA public TO w_owner;
GRANT ALL ON worker_runs, aos_traces, aos_trace_steps TO w_app;

-- ---- W1: lineage on an existing table ------------------------------------------------------------------------
SET ROLE w_owner;
SELECT isnt_empty($$SELECT * FROM govern_runs('worker_runs', label => 'worker_run',
  statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}')$$,
  'W1 the table is adopted by its owner, as it is');
RESET ROLE;
SELECT col_type_is('worker_runs', 'parent_run_id', 'uuid', 'W1 parent_run_id, in the type of the key');
SELECT has_column('worker_runs', 'attempt', 'W1 attempt');
SELECT has_column('worker_runs', 'is_retry', 'W1 is_retry');
SELECT is((SELECT count(*)::int FROM worker_runs WHERE attempt = 1 AND NOT is_retry AND parent_run_id IS NULL), 20,
  'W1 existing runs are originals: attempt 1');
SELECT is((SELECT count(*)::int FROM worker_runs w JOIN before b USING (id)
  WHERE left((w.*)::text, length(b.row) - 1) = left(b.row, -1)), 20, 'W1 W4 adoption changes no value of an existing run');

CREATE TABLE fk_runs (id int PRIMARY KEY, parent_run_id int, status text NOT NULL,
  CONSTRAINT fk_runs_parent FOREIGN KEY (parent_run_id) REFERENCES fk_runs);
SELECT isnt_empty($$SELECT * FROM govern_runs('fk_runs')$$, 'W1 a table with a foreign key on the parent column is adopted');
SELECT fk_ok('public', 'fk_runs', ARRAY['parent_run_id'], 'public', 'fk_runs', ARRAY['id'],
  'W1 an existing foreign key on the parent column is kept');
SELECT throws_ok($$INSERT INTO worker_runs (tenant_id, worker_id, task, parent_run_id)
  VALUES ('tenant 1', 'w', '{}', 'ffffffff-0000-4000-8000-000000000000')$$,
  'PT404', NULL, 'W1 without a foreign key the trigger is it: the parent must exist');

-- ---- W2, B1: what ended can't be changed, whoever asks -----------------------------------------------------------
CREATE FUNCTION cannot_mutate(statement text, description text) RETURNS text LANGUAGE sql AS $$
  SELECT throws_ok(statement, '23R01', 'PB-S1 VIOLATION: Cannot mutate completed/failed worker_run', description) $$;
SELECT cannot_mutate(format('UPDATE worker_runs SET %s WHERE id = run(1)', change), 'W2 no UPDATE of a failed run: ' || change)
  FROM unnest(ARRAY['status = ''queued''', 'status = ''completed''', 'error = NULL', 'error = ''other''', 'cost = 1.00',
    'task = ''{}''', 'tenant_id = ''tenant 0''', 'completed_at = now() + interval ''1 day''', 'attempt = 2', 'is_retry = true',
    'parent_run_id = run(2)', 'id = run(99)']) change;
SELECT cannot_mutate('UPDATE worker_runs SET error = ''x'' WHERE id = run(2)', 'W2 nor of a completed one');
SELECT cannot_mutate('UPDATE worker_runs SET error = ''x''', 'W2 nor of many, some of which have ended');
SELECT cannot_mutate('INSERT INTO worker_runs (id, tenant_id, worker_id, task) VALUES (run(1), ''t'', ''w'', ''{}'')
  ON CONFLICT (id) DO UPDATE SET error = ''x''', 'W2 nor by an upsert');
SELECT cannot_mutate('MERGE INTO worker_runs w USING (VALUES (run(1))) v(id) ON w.id = v.id
  WHEN MATCHED THEN UPDATE SET error = ''x''', 'W2 nor by MERGE');
SELECT cannot_mutate('WITH u AS (UPDATE worker_runs SET error = ''x'' WHERE id = run(1) RETURNING 1) SELECT * FROM u',
  'W2 nor in a CTE');
DO $$ BEGIN PERFORM set_config('w.statement', 'UPDATE worker_runs SET error = ''x'' WHERE id = run(1)', false); END $$;
CREATE FUNCTION refused_as(role_name text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', role_name);
  BEGIN
    EXECUTE statement;
    answer := 'accepted';
  EXCEPTION WHEN OTHERS THEN answer := sqlstate || ': ' || sqlerrm;
  END;
  RESET ROLE;
  RETURN answer;
END $$;
SELECT is(refused_as(r, current_setting('w.statement')), '23R01: PB-S1 VIOLATION: Cannot mutate completed/failed worker_run',
  'W2 B1 whoever asks: ' || r) FROM unnest(ARRAY['w_app', 'w_owner', 'w_super']) r;
SET session_replication_role = replica;
SELECT cannot_mutate(current_setting('w.statement'), 'W2 B1 nor with session_replication_role = replica');
RESET session_replication_role;
SELECT is((SELECT count(*)::int FROM worker_runs w JOIN before b USING (id)
  WHERE left((w.*)::text, length(b.row) - 1) = left(b.row, -1)), 20, 'W2 nothing has changed');
SELECT lives_ok('UPDATE worker_runs SET error = ''note'' WHERE id = run(3)', 'W2 a run that hasn''t ended is the application''s');

-- ---- W3, W4: a retry is a new run, and the original stays --------------------------------------------------------
CREATE TABLE original AS SELECT ctid AS place, xmin::text AS version, (w.*)::text AS row FROM worker_runs w WHERE id = run(1);
CREATE TABLE answer AS SELECT * FROM retry_run(run(1));
SELECT is((SELECT count(*)::int FROM answer), 1, 'W3 retry_run returns one row');
SELECT results_eq('SELECT original_run_id, attempt, status, original_status, reason, decision, replayed FROM answer',
  $$VALUES (run(1)::text, 2, 'queued', 'failed', 'manual_retry', 'accepted', false)$$,
  'W3 the answer: original, attempt, status, original_status; the reason is manual_retry by default');
SELECT isnt((SELECT retry_run_id FROM answer), run(1)::text, 'W3 the new run has a new id');
SELECT results_eq(
  'SELECT tenant_id, worker_id, task, w.status, error, cost, started_at, completed_at, parent_run_id, w.attempt, is_retry
     FROM worker_runs w, answer WHERE id = retry_run_id::uuid',
  $$VALUES ('tenant 1', 'worker 1', '{"n": 1}'::jsonb, 'queued', NULL::text, NULL::numeric, NULL::timestamptz, NULL::timestamptz,
            run(1), 2, true)$$,
  'W3 a new row: queued, same tenant, worker and task, outcome reset, linked, attempt + 1, is_retry');
SELECT results_eq('SELECT ctid, xmin::text, (w.*)::text FROM worker_runs w WHERE id = run(1)',
  'SELECT place, version, row FROM original', 'W4 the original is byte for byte what it was, in the same row version');
SELECT is((SELECT count(DISTINCT content_hash)::int FROM ledger_entry WHERE run_key = run(3)::text), 0,
  'W4 no content hash of a run that hasn''t ended');
UPDATE worker_runs SET status = 'failed', error = 'again' WHERE id = run(4);
SELECT lives_ok('SELECT retry_run(run(4), reason => ''more memory'')', 'W3 a reason of one''s own');
SELECT results_eq('SELECT count(*)::int, count(DISTINCT content_hash)::int FROM ledger_entry WHERE run_key = run(4)::text',
  'VALUES (2, 1)', 'W4 its content hash when it was retried is the one when it ended');
SELECT lives_ok($$INSERT INTO worker_runs (tenant_id, worker_id, task, parent_run_id, attempt, is_retry)
  SELECT tenant_id, worker_id, task, id, 7, false FROM worker_runs WHERE id = run(5)$$, 'W3 a hand-written INSERT with a parent');
SELECT results_eq('SELECT attempt, is_retry, status FROM worker_runs WHERE parent_run_id = run(5)', $$VALUES (2, true, 'queued')$$,
  'W3 gives the same result, whatever it wrote');
SELECT results_eq($$SELECT reason FROM retry_history WHERE original_run_id = run(5)::text$$, $$VALUES ('direct_insert')$$,
  'W3 and the same history');

-- ---- B2: one live retry per run ---------------------------------------------------------------------------------
SELECT throws_ok('SELECT retry_run(run(1))', 'PT409',
  (SELECT format('ALREADY_RETRIED: run %s is already retried by run %s', original_run_id, retry_run_id) FROM answer),
  'B2 a second request is told which run exists');
SELECT throws_ok($$INSERT INTO worker_runs (tenant_id, worker_id, task, parent_run_id) VALUES ('tenant 1', 'w', '{}', run(1))$$,
  'PT409', NULL, 'B2 so is a hand-written INSERT');
SELECT throws_ok($$INSERT INTO worker_runs (tenant_id, worker_id, task, parent_run_id)
  SELECT 'tenant 0', 'w', '{}', run(6) FROM generate_series(1, 2)$$, 'PT409', NULL, 'B2 and the second of two in one statement');
SELECT is((SELECT count(*)::int FROM worker_runs WHERE parent_run_id = run(6)), 0, 'B2 which leaves neither');
SELECT throws_ok($$INSERT INTO retry SELECT gen_random_uuid(), run_table, tenant, parent_key, 'another', attempt, original_status,
  original_error, reason, actor, retried_at, true, NULL FROM retry WHERE parent_key = run(1)::text$$, '23505', NULL,
  'B2 by construction: a unique index, also for a superuser');
SELECT is((SELECT count(*)::int FROM worker_runs WHERE parent_run_id = run(1)), 1, 'B2 one retry of one run');

-- ---- W5: history ------------------------------------------------------------------------------------------------
-- (Our keys are compared as bytes, COLLATE "C"; results_eq compares whole rows in one collation.)
SELECT results_eq($$SELECT run_table COLLATE "default", tenant COLLATE "default", original_run_id COLLATE "default", attempt, original_status, original_error, reason, actor, voided_at
  FROM retry_history WHERE original_run_id = run(1)::text$$,
  $$VALUES ('public.worker_runs', 'tenant 1', run(1)::text, 2, 'failed', 'error of 1', 'manual_retry', current_user::text COLLATE "default",
            NULL::timestamptz)$$, 'W5 each retry with its parent''s status and error');
SELECT has_view('worker_runs_retry_history', 'W5 a view for the table');
UPDATE worker_runs SET status = 'failed', error = 'second error' WHERE parent_run_id = run(1);
CREATE TABLE second AS SELECT * FROM retry_run((SELECT retry_run_id FROM answer), 'once more');
SELECT results_eq('SELECT depth, run_id, attempt, status, error, reason, is_current FROM retry_lineage((SELECT retry_run_id FROM second))',
  $$SELECT 0, run(1)::text, 1, 'failed', 'error of 1', NULL::text, false
    UNION ALL SELECT 1, retry_run_id, 2, 'failed', 'second error', 'manual_retry', false FROM answer
    UNION ALL SELECT 2, retry_run_id, 3, 'queued', NULL, 'once more', true FROM second$$,
  'W5 the whole chain can be followed, from any of its runs');
SELECT is((SELECT count(*)::int FROM retry_tree(run(1))), 3, 'W5 and read as a tree');
SELECT is((SELECT count(*)::int FROM retry_tree(run(1)) WHERE retry_tree LIKE '%attempt 3  queued  (once more by %<- current'), 1,
  'W5 that says which run it is about now');
SELECT ok(NOT EXISTS (SELECT FROM retry_history h WHERE NOT EXISTS (SELECT FROM worker_runs w WHERE w.id::text = h.retry_run_id
  AND w.parent_run_id::text = h.original_run_id AND w.attempt = h.attempt)), 'W5 history and runs agree');

-- ---- W6: the rerun in place is gone ----------------------------------------------------------------------------
SELECT throws_like('SELECT rerun_run(run(1))', 'RERUN_GONE:%', 'W6 rerun_run only refuses');
SELECT throws_ok('SELECT rerun_run(''x'')', 'PT410', NULL, 'W6 as HTTP 410');
DO $$ DECLARE h text; BEGIN PERFORM rerun_run('x'); EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS h = PG_EXCEPTION_HINT;
  PERFORM set_config('w.hint', h, false); END $$;
SELECT matches(current_setting('w.hint'), 'retry_run', 'W6 naming retry_run instead');

-- ---- W7: traces -----------------------------------------------------------------------------------------------------
SET ROLE w_owner;
SELECT isnt_empty($$SELECT * FROM govern_write_once('aos_traces', once_columns => '{ended_at,outcome}')$$, 'W7 aos_traces is governed');
SELECT isnt_empty($$SELECT * FROM govern_append_only('aos_trace_steps')$$, 'W7 aos_trace_steps is governed');
RESET ROLE;
INSERT INTO aos_traces (id, run_id, name) VALUES (1, run(1), 'trace');
INSERT INTO aos_trace_steps VALUES (1, 1, '{}');
SELECT lives_ok('UPDATE aos_traces SET ended_at = now() WHERE id = 1', 'W7 a named column of a trace is written once');
SELECT lives_ok('UPDATE aos_traces SET outcome = ''ok'' WHERE id = 1', 'W7 another one later');
SELECT throws_ok('UPDATE aos_traces SET outcome = ''bad'' WHERE id = 1', '23R01', NULL, 'W7 not twice');
SELECT throws_ok('UPDATE aos_traces SET outcome = NULL WHERE id = 1', '23R01', NULL, 'W7 nor back to NULL');
SELECT throws_ok('UPDATE aos_traces SET name = ''x'' WHERE id = 1', '23R01', NULL, 'W7 other columns never');
SELECT throws_ok('UPDATE aos_trace_steps SET payload = ''{"a": 1}'' WHERE id = 1', '23R01', NULL, 'W7 aos_trace_steps accepts no update');

-- ---- W8: append-only -----------------------------------------------------------------------------------------------
SELECT throws_ok(format('DELETE FROM %I', t), '23R01', NULL, 'W8 no DELETE from ' || t)
  FROM unnest(ARRAY['worker_runs', 'aos_traces', 'aos_trace_steps']) t;
SELECT throws_ok('DELETE FROM worker_runs WHERE id = run(5)', '23R01', NULL, 'W8 not even of a run that hasn''t ended');
SELECT throws_ok(format('TRUNCATE %I CASCADE', t), '23R01', NULL, 'W8 no TRUNCATE of ' || t)
  FROM unnest(ARRAY['worker_runs', 'aos_traces', 'aos_trace_steps']) t;
SELECT throws_ok(format('DELETE FROM %I', t), '23R01', NULL, 'W8 no DELETE from our own table ' || t)
  FROM unnest(ARRAY['retry', 'ledger_entry']) t;
SELECT throws_ok(format('TRUNCATE %I', t), '23R01', NULL, 'W8 no TRUNCATE of our own table ' || t)
  FROM unnest(ARRAY['retry', 'ledger_entry']) t;
SELECT is(refused_as(r, 'DELETE FROM public.worker_runs'), '23R01: DELETE_VIOLATION: cannot delete from public.worker_runs',
  'W8 B1 whoever asks: ' || r) FROM unnest(ARRAY['w_app', 'w_owner', 'w_super']) r;

-- ---- W9: one call verifies a live installation ------------------------------------------------------------------
CREATE TABLE state AS SELECT (SELECT md5(string_agg((w.*)::text, '' ORDER BY id)) FROM worker_runs w) AS runs,
  (SELECT count(*) FROM retry) AS retries, (SELECT count(*) FROM ledger_entry) AS entries;
CREATE TABLE report AS SELECT * FROM verify_installation('worker_runs');
SELECT is((SELECT array_agg(step || ' ' || "check" ORDER BY step) FROM report WHERE passed IS NOT TRUE), NULL,
  'W9 every step passes on this table');
SELECT is((SELECT count(*)::int FROM report), 11, 'W9 each step is reported');
SELECT results_eq('SELECT (SELECT md5(string_agg((w.*)::text, '''' ORDER BY id)) FROM worker_runs w), (SELECT count(*) FROM retry),
  (SELECT count(*) FROM ledger_entry)', 'SELECT * FROM state', 'W9 leaving nothing behind, its refusals unrecorded');
SELECT is((SELECT array_agg("check" ORDER BY step) FROM verify_installation('aos_traces') WHERE passed IS NOT TRUE), NULL,
  'W9 the traces as well');
SELECT is((SELECT array_agg("check" ORDER BY step) FROM verify_installation('aos_trace_steps') WHERE passed IS NOT TRUE), NULL,
  'W9 and their steps');
CREATE TABLE empty_runs (id int PRIMARY KEY, must text NOT NULL, status text NOT NULL);
SELECT isnt_empty($$SELECT * FROM govern_runs('empty_runs')$$, 'W9 an empty table');
SELECT results_eq($$SELECT passed, left(detail, 9) FROM verify_installation('empty_runs') WHERE step = 4$$,
  $$VALUES (NULL::boolean, 'skipped: ')$$, 'W9 a step that can''t be tried is skipped with the reason, never passed');
SELECT is((SELECT array_agg(run_table ORDER BY run_table) FROM guard_status() WHERE NOT complete), NULL,
  'W9 B1 guard_status: nothing is missing anywhere');

-- ---- W10: nothing happens by itself --------------------------------------------------------------------------------
CREATE TABLE count_before AS SELECT count(*) AS runs FROM worker_runs;
UPDATE worker_runs SET status = 'failed' WHERE status IN ('queued', 'running') AND NOT is_retry;
SELECT is((SELECT count(*) FROM worker_runs), (SELECT runs FROM count_before), 'W10 a run that fails isn''t retried by itself');
SELECT is((SELECT count(*)::int FROM pg_stat_activity WHERE backend_type LIKE 'retry\_ledger%'), 0, 'W10 nothing runs in the background');
SELECT results_eq($$SELECT count(*)::int FROM ledger_entry WHERE action = 'retried'$$, $$SELECT count(*)::int FROM retry$$,
  'W10 each retry is recorded');
SELECT ok((SELECT bool_and(session_role <> '' AND acting_role <> '' AND reason_code <> '' AND transaction_id IS NOT NULL)
  FROM ledger_entry WHERE action = 'retried'), 'W10 with who and why');
SET retry_ledger.actor = 'alice@example.org';
SET ROLE w_app;
SELECT retry_run_id <> '' AS retried FROM retry_run(run(10)) \gset
RESET ROLE;
RESET retry_ledger.actor;
SELECT results_eq($$SELECT session_role = session_user, acting_role, claimed_actor FROM ledger_entry
  WHERE action = 'retried' AND run_key = run(10)::text$$, $$VALUES (true, 'w_app', 'alice@example.org')$$,
  'W10 the role that acted, the session''s, and whom the application claims to act for, apart');
SELECT throws_ok('SELECT retry_run(run(6), reason => '''')', 'PT400', NULL, 'W10 not without a reason');
SELECT ok((SELECT bool_and(leaf_hash = ledger_leaf_hash(e)) FROM ledger_entry e), 'W10 every entry bears its right hash');
SELECT is((SELECT count(*)::int FROM worker_runs w JOIN original o ON (w.*)::text = o.row), 1,
  'W4 W10 after all that the first original is still what it was');

-- ---- B1: the guards themselves ------------------------------------------------------------------------------------
SELECT throws_ok(command, '23R01', NULL, 'B1 refused to a superuser: ' || command) FROM unnest(ARRAY[
  'ALTER TABLE worker_runs DISABLE TRIGGER retry_ledger_change',
  'ALTER TABLE worker_runs DISABLE TRIGGER ALL',
  'ALTER TABLE worker_runs ENABLE REPLICA TRIGGER retry_ledger_change',
  'DROP TRIGGER retry_ledger_change ON worker_runs',
  'ALTER TRIGGER retry_ledger_change ON worker_runs RENAME TO zzz',
  'ALTER TABLE worker_runs RENAME COLUMN status TO state',
  'ALTER TABLE worker_runs ALTER COLUMN cost TYPE float8',
  'CREATE RULE w_rule AS ON UPDATE TO worker_runs DO INSTEAD NOTHING',
  'DROP TABLE aos_trace_steps',
  'DROP EXTENSION retry_ledger CASCADE',
  'DROP SCHEMA retry_ledger CASCADE']) command;
SELECT is((SELECT array_agg(run_table ORDER BY run_table) FROM guard_status() WHERE NOT complete), NULL,
  'B1 and everything is still in place');
SELECT * FROM finish();

-- Requests: idempotent by request_id, planned, and refused on the record.
CREATE TABLE rq_runs (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'completed', 'failed')), error text);
SELECT count(*) > 0 AS adopted FROM govern_runs('rq_runs');
INSERT INTO rq_runs (tenant_id) SELECT 't' || i % 2 FROM generate_series(1, 20) i;
UPDATE rq_runs SET status = 'failed' WHERE id < 18;
UPDATE rq_runs SET status = 'completed' WHERE id = 18;

-- The same request gets the first answer, also after the retry has ended.
SELECT original_run_id, attempt, decision, replayed FROM retry_run(1, run_table => 'rq_runs', request_id => 'a');
SELECT original_run_id, attempt, decision, replayed FROM retry_run(1, run_table => 'rq_runs', request_id => 'a');
UPDATE rq_runs SET status = 'failed' WHERE parent_run_id = 1;
SELECT original_run_id, status, attempt, decision, replayed FROM retry_run(1, run_table => 'rq_runs', request_id => 'a');
SELECT count(*) AS retries FROM retry WHERE run_table = 'public.rq_runs';
-- Another request under its id is refused: another run, another reason, other arguments.
SELECT * FROM refused($$SELECT retry_run(3, run_table => 'rq_runs', request_id => 'a')$$);
SELECT * FROM refused($$SELECT retry_run(1, 'why', run_table => 'rq_runs', request_id => 'a')$$);
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'rq_runs', request_id => 'a', max_attempts => 5)$$);
-- The id belongs to table and tenant.
SELECT original_run_id, replayed FROM retry_run(2, run_table => 'rq_runs', request_id => 'a');
-- A raised refusal isn't kept; a rolled back call neither.
SELECT * FROM refused($$SELECT retry_run(18, run_table => 'rq_runs', request_id => 'b')$$);
SELECT original_run_id, replayed FROM retry_run(4, run_table => 'rq_runs', request_id => 'b');
BEGIN; SELECT replayed FROM retry_run(5, run_table => 'rq_runs', request_id => 'c'); ROLLBACK;
SELECT replayed FROM retry_run(5, run_table => 'rq_runs', request_id => 'c');
-- RUN_NOT_FOUND comes first.
SELECT * FROM refused($$SELECT retry_run(99, run_table => 'rq_runs', request_id => 'a')$$);
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'rq_runs', tenant => 't0', request_id => 'a')$$);
SELECT * FROM refused($$SELECT retry_run(6, run_table => 'rq_runs', request_id => '')$$);
SELECT * FROM refused($$SELECT retry_run(6, run_table => 'rq_runs', request_id => repeat('x', 201))$$);
-- Answers are facts.
SELECT * FROM refused($$UPDATE request SET answer = '{}'$$);
SELECT * FROM refused($$DELETE FROM request$$);

-- Recorded refusals: an answer, an entry, a status for PostgREST.
BEGIN;
SELECT original_run_id, retry_run_id, decision, replayed, detail FROM retry_run(18, run_table => 'rq_runs', on_refusal => 'record');
SELECT current_setting('response.status') AS status;
SELECT decision FROM retry_run(7, run_table => 'rq_runs', on_refusal => 'record', request_id => 'd');
SELECT current_setting('response.status') AS status;
SELECT decision, replayed FROM retry_run(7, run_table => 'rq_runs', on_refusal => 'record', request_id => 'd');
SELECT current_setting('response.status') AS status;
SELECT detail ->> 'code' AS code FROM retry_run(7, run_table => 'rq_runs', on_refusal => 'record');
SELECT detail ->> 'code' AS code FROM retry_run(99, run_table => 'rq_runs', on_refusal => 'record');
SELECT detail ->> 'code' AS code FROM retry_run(NULL::text, run_table => 'rq_runs', on_refusal => 'record');
SELECT detail ->> 'code' AS code FROM retry_run('x', run_table => 'rq_runs', on_refusal => 'record');
SELECT detail ->> 'code' AS code FROM retry_run(8, '', run_table => 'rq_runs', on_refusal => 'record');
SELECT detail ->> 'code' AS code FROM retry_run(8, run_table => 'pg_class', on_refusal => 'record');
SELECT detail ->> 'code' AS code FROM retry_run(8, run_table => 'rq_runs', tenant => 't1', on_refusal => 'record');
SELECT detail ->> 'code' AS code FROM retry_run(8, run_table => 'rq_runs', plan => 'x', on_refusal => 'record');
COMMIT;
SELECT current_setting('response.status') AS status;
SELECT * FROM refused($$SELECT retry_run(8, run_table => 'rq_runs', on_refusal => 'ignore')$$);
SELECT run_key, tenant, reason_code, evidence ->> 'function' AS function, policy_hash IS NOT NULL AS policy FROM ledger_entry
  WHERE action = 'refused' AND (run_table = 'public.rq_runs' OR run_table IS NULL) ORDER BY entry_id;
-- Nothing is recorded in a transaction that may only read; a plan needs no more.
BEGIN READ ONLY;
SELECT decision FROM plan_retry(8, 'rq_runs');
SELECT * FROM refused($$SELECT retry_run(18, run_table => 'rq_runs', on_refusal => 'record')$$);
SELECT * FROM refused($$SELECT retry_run(8, run_table => 'rq_runs')$$);
ROLLBACK;
-- A recorded refusal is kept for its request, whatever happens to the run later.
SELECT decision, replayed FROM retry_run(20, run_table => 'rq_runs', on_refusal => 'record', request_id => 'e');
UPDATE rq_runs SET status = 'failed' WHERE id = 20;
SELECT decision, replayed, detail ->> 'code' AS code FROM retry_run(20, run_table => 'rq_runs', on_refusal => 'record', request_id => 'e');
SELECT decision, replayed FROM retry_run(20, run_table => 'rq_runs', request_id => 'f');
-- What isn't a refusal stays an error: here the application's own trigger.
CREATE FUNCTION rq_object() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today' USING ERRCODE = 'RQ001'; END $$;
CREATE TRIGGER rq_object BEFORE INSERT ON rq_runs FOR EACH ROW EXECUTE FUNCTION rq_object();
SELECT * FROM refused($$SELECT retry_run(9, run_table => 'rq_runs', on_refusal => 'record')$$);
DROP TRIGGER rq_object ON rq_runs;

-- Plans: the same until something that matters changes.
SELECT original_run_id, decision, code, attempt, status, original_status, failure_class, not_before, credits,
  length(plan_hash) AS hash FROM plan_retry(9, 'rq_runs');
SELECT decision, code, attempt, plan_hash, detail FROM plan_retry(18, 'rq_runs');
SELECT * FROM refused($$SELECT plan_retry(99, 'rq_runs')$$);
SELECT plan_hash AS seen FROM plan_retry(9, 'rq_runs') \gset
SELECT plan_hash = :'seen' AS same FROM plan_retry(9, 'rq_runs');
SELECT count(*) AS retries FROM retry WHERE run_table = 'public.rq_runs' AND parent_key = '9';
SELECT set_retry_policy('rq_runs', max_attempts => 4);
SELECT field, regexp_replace(value, '[0-9a-f]{64}', '...', 'g') AS value
  FROM refused(format($$SELECT retry_run(9, run_table => 'rq_runs', plan => %L)$$, :'seen'));
SELECT plan_hash AS seen FROM plan_retry(9, 'rq_runs') \gset
SELECT plan_hash <> :'seen' AS differs FROM plan_retry(10, 'rq_runs');
SELECT plan_hash <> :'seen' AS differs FROM plan_retry(9, 'rq_runs', max_attempts => 2);
SELECT decision FROM retry_run(9, 'any reason', run_table => 'rq_runs', plan => :'seen');
SELECT * FROM refused(format($$SELECT retry_run(9, run_table => 'rq_runs', plan => %L)$$, :'seen'));
SELECT count(*) AS wrong FROM ledger_entry e WHERE leaf_hash IS DISTINCT FROM ledger_leaf_hash(e);

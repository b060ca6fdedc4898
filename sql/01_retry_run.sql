-- retry_run: the new row, the link, the ledger; each refusal with its token, SQLSTATE, DETAIL and HINT.
CREATE TABLE rr_runs (
  id bigint PRIMARY KEY, tenant_id text, worker_id text, task text,
  status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed')),
  error text, retry_reason text, created_at timestamptz DEFAULT now(), completed_at timestamptz);
SELECT count(*) > 0 AS adopted FROM govern_runs('rr_runs');
INSERT INTO rr_runs (id, tenant_id, worker_id, task, status)
  SELECT i, 'tenant ' || i % 2, 'worker ' || i, 'task ' || i, 'queued' FROM generate_series(1, 9) i;
UPDATE rr_runs SET status = 'running' WHERE id > 1;
UPDATE rr_runs SET status = 'completed' WHERE id = 3;
UPDATE rr_runs SET status = 'failed', error = 'error of ' || id, completed_at = now() WHERE id > 3;

-- A retry is a new row: input carried over, outcome reset, linked.
CREATE TABLE rr_before AS SELECT * FROM rr_runs WHERE id = 4;
SELECT * FROM retry_run(4, new_run_id => '104') \gx
SELECT id, tenant_id, worker_id, task, status, error, completed_at, parent_run_id, attempt, is_retry, retry_reason
  FROM rr_runs WHERE id = 104;
SELECT count(*) AS unchanged FROM rr_runs r, rr_before b WHERE r.id = b.id AND r::text = b::text;
SELECT run_table, tenant, parent_key, retry_key, attempt, original_status, original_error, reason, voided_at FROM retry;
SELECT action, run_table, run_key, tenant, attempt, reason_code, prior_status, failure_class,
       octet_length(policy_hash) AS policy_hash, octet_length(content_hash) AS content_hash, evidence,
       leaf_hash = ledger_leaf_hash(e) AS leaf_hash_right
  FROM ledger_entry e WHERE action = 'retried';
-- What the run's content hash was when it ended is what it was when it was retried.
SELECT count(DISTINCT content_hash) AS hashes, count(*) AS entries FROM ledger_entry WHERE run_key = '4';

-- Each way to say which run.
SELECT retry_run_id, reason FROM retry_run('5', 'by text', new_run_id => '105');
SELECT retry_run_id, reason FROM retry_run(6::smallint, reason => 'by smallint', run_table => 'rr_runs', new_run_id => '106');
SELECT retry_run_id, reason FROM retry_run(7::numeric, tenant => 'tenant 1', new_run_id => '107');
PREPARE by_parameter AS SELECT retry_run_id FROM retry_run($1, new_run_id => $2);
EXECUTE by_parameter('8', '108');

-- By hand: the same result.
INSERT INTO rr_runs (id, tenant_id, worker_id, task, status, parent_run_id, attempt, is_retry)
  VALUES (109, 'tenant 1', 'worker 9', 'task 9', 'queued', 9, 7, false) RETURNING attempt, is_retry;
SELECT parent_key, retry_key, attempt, original_status, original_error, reason FROM retry WHERE parent_key = '9';
SELECT action, run_key, attempt, reason_code, prior_status, evidence FROM ledger_entry WHERE run_key = '9' AND action = 'retried';

-- Refusals.
INSERT INTO rr_runs (id, tenant_id, status) VALUES (400, 'tenant 0', 'queued');
UPDATE rr_runs SET status = 'failed' WHERE id = 400;
SELECT * FROM refused($$SELECT retry_run(1)$$);
SELECT * FROM refused($$SELECT retry_run(2)$$);
SELECT * FROM refused($$SELECT retry_run(3, new_run_id => '103')$$);
SELECT * FROM refused($$SELECT retry_run(400)$$);
SELECT * FROM refused($$SELECT retry_run(400, new_run_id => '')$$);
SELECT * FROM refused($$SELECT retry_run(400, new_run_id => 'abc')$$);
SELECT * FROM refused($$SELECT retry_run(400, new_run_id => '4')$$);
SELECT * FROM refused($$SELECT retry_run(4, new_run_id => '204')$$);
SELECT * FROM refused($$SELECT retry_run(77, new_run_id => '177')$$);
SELECT * FROM refused($$SELECT retry_run(5, tenant => 'tenant 0', new_run_id => '205')$$);
SELECT * FROM refused($$SELECT retry_run('abc')$$);
SELECT * FROM refused($$SELECT retry_run('')$$);
SELECT * FROM refused($$SELECT retry_run(NULL)$$);
SELECT * FROM refused($$SELECT retry_run(NULL::bigint)$$);
SELECT * FROM refused($$SELECT retry_run('99999999999999999999')$$);
SELECT * FROM refused($$SELECT retry_run(4, reason => '')$$);
SELECT * FROM refused($$SELECT retry_run(4, reason => NULL)$$);
SELECT * FROM refused($$SELECT retry_run(4, reason => repeat('x', 10001))$$);
SELECT * FROM refused($$SELECT retry_run(4, run_table => 'pg_class')$$);
SELECT * FROM refused($$SELECT retry_run(4, run_table => 'no_such_table')$$);
SELECT * FROM refused($$SELECT retry_run(repeat('x', 100000))$$);
SELECT * FROM refused($$INSERT INTO rr_runs (id, tenant_id, status, parent_run_id) VALUES (301, 'tenant 0', 'queued', 1)$$);
SELECT * FROM refused($$INSERT INTO rr_runs (id, tenant_id, status, parent_run_id) VALUES (301, 'tenant 0', 'queued', 77)$$);
SELECT * FROM refused($$INSERT INTO rr_runs (id, tenant_id, status, parent_run_id) VALUES (301, 'tenant 0', 'queued', 4)$$);
SELECT * FROM refused($$INSERT INTO rr_runs (id, tenant_id, status, parent_run_id) VALUES (301, 'tenant 0', 'queued', 301)$$);
SELECT * FROM refused($$SELECT rerun_run(4)$$);
SELECT * FROM refused($$SELECT rerun_run('4')$$);
SELECT count(*) AS runs FROM rr_runs;

-- The limit: three retries by default, along the lineage.
UPDATE rr_runs SET status = 'failed' WHERE id = 104;
SELECT attempt FROM retry_run(104, new_run_id => '1041');
UPDATE rr_runs SET status = 'failed' WHERE id = 1041;
SELECT attempt FROM retry_run(1041, new_run_id => '1042');
UPDATE rr_runs SET status = 'failed' WHERE id = 1042;
SELECT * FROM refused($$SELECT retry_run(1042, new_run_id => '1043')$$);
SELECT set_retry_policy('rr_runs', max_attempts => 4, reason => 'one more');
SELECT attempt FROM retry_run(1042, new_run_id => '1043');

-- Two siblings in one statement: the second is refused, and so is the statement.
SELECT * FROM refused($$INSERT INTO rr_runs (id, tenant_id, status, parent_run_id)
  SELECT i, 'tenant 0', 'queued', 400 FROM generate_series(401, 402) i$$);
-- ON CONFLICT DO NOTHING leaves no effect behind without its row.
INSERT INTO rr_runs (id, tenant_id, status, parent_run_id) VALUES (400, 'tenant 0', 'queued', 400) ON CONFLICT DO NOTHING;
SELECT count(*) AS links FROM retry WHERE parent_key = '400';
BEGIN;
SAVEPOINT s;
SELECT retry_run_id FROM retry_run(400, new_run_id => '401');
ROLLBACK TO s;
SELECT retry_run_id FROM retry_run(400, new_run_id => '402');
COMMIT;
SELECT retry_key FROM retry WHERE parent_key = '400';

-- Several governed tables: never a guess between bigint keys.
CREATE TABLE rr_other (id bigint PRIMARY KEY, status text NOT NULL CHECK (status IN ('queued', 'failed')));
SELECT count(*) > 0 AS adopted FROM govern_runs('rr_other');
SELECT * FROM refused($$SELECT retry_run(4)$$);
SELECT * FROM refused($$SELECT retry_run('not a number')$$);
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'rr_other', tenant => 'x')$$);
-- Nor does somebody else's table make an id ambiguous: what the caller can't read doesn't count, and its own comes first.
CREATE ROLE rr_else;
CREATE ROLE rr_mine;
GRANT CREATE ON SCHEMA public TO rr_else, rr_mine;
GRANT USAGE ON SCHEMA retry_ledger TO rr_else, rr_mine;
BEGIN;
SET LOCAL ROLE rr_mine;
CREATE TABLE rr_mine (id bigint PRIMARY KEY, status text NOT NULL CHECK (status IN ('queued', 'failed')));
SELECT count(*) > 0 AS adopted FROM govern_runs('rr_mine');
INSERT INTO rr_mine VALUES (7, 'queued'), (8, 'queued');
UPDATE rr_mine SET status = 'failed';
SELECT original_run_id, retry_run_id FROM retry_run(7, new_run_id => '17');
SET LOCAL ROLE rr_else;
CREATE TABLE rr_else (id bigint PRIMARY KEY, status text NOT NULL CHECK (status IN ('queued', 'failed')));
SELECT count(*) > 0 AS adopted FROM govern_runs('rr_else');
GRANT SELECT ON rr_else TO PUBLIC;
SET LOCAL ROLE rr_mine;
SELECT original_run_id, retry_run_id FROM retry_run(8, new_run_id => '18');
GRANT SELECT ON rr_mine TO PUBLIC;
SET LOCAL ROLE rr_else;
SELECT * FROM refused($$SELECT retry_run(8, new_run_id => '28')$$);
ROLLBACK;
DROP OWNED BY rr_else, rr_mine;
DROP ROLE rr_else, rr_mine;
INSERT INTO rr_other VALUES (1, 'queued');
UPDATE rr_other SET status = 'failed';
SELECT original_run_id, retry_run_id, attempt FROM retry_run(1, run_table => 'rr_other', new_run_id => '2');

-- An error may be a value of several parts, and is one even if some of them are NULL.
CREATE TYPE rr_error AS (code int, message text);
CREATE TABLE rr_parts (id bigint PRIMARY KEY, status text NOT NULL CHECK (status IN ('queued', 'failed')), error rr_error);
SELECT decision FROM govern_runs('rr_parts', error_column => 'error') WHERE item = 'error_column';
INSERT INTO rr_parts VALUES (1, 'queued');
UPDATE rr_parts SET status = 'failed', error = ROW(503, NULL);
SELECT retry_run_id FROM retry_run(1, run_table => 'rr_parts', new_run_id => '2');
SELECT original_error FROM retry WHERE run_table = 'public.rr_parts';
SELECT original_error FROM rr_parts_retry_history;

-- Texts that don't end: refused by their size, nothing of them is kept.
SELECT field, left(value, 160) AS value FROM refused($$SELECT retry_run(repeat(repeat('9', 100000), 1000), run_table => 'rr_runs')$$);
SELECT * FROM refused($$SELECT retry_run(1, repeat(repeat('x', 100000), 10000), run_table => 'rr_runs')$$);
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'rr_runs', override_reason => repeat(repeat('x', 100000), 1000))$$);
SELECT * FROM refused($$SELECT set_retry_policy('rr_runs', reason => repeat(repeat('x', 100000), 1000))$$);
SELECT * FROM refused($$SELECT add_failure_rule('rr_runs', 'x', repeat(repeat('x', 100000), 1000))$$);
SELECT * FROM refused($$SELECT add_failure_rule('rr_runs', 'x', 'x', reason => repeat(repeat('x', 100000), 1000))$$);

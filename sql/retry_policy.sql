-- set_retry_policy: versions, hashes, role lists, bad input.
CREATE TABLE rp_runs (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('queued', 'completed', 'failed', 'timeout')));
SELECT count(*) > 0 AS adopted FROM govern_runs('rp_runs');
INSERT INTO rp_runs (status) SELECT 'queued' FROM generate_series(1, 4);
UPDATE rp_runs SET status = 'timeout' WHERE id = 1;
UPDATE rp_runs SET status = 'failed' WHERE id > 1;

SELECT * FROM refused($$SELECT retry_run(1, run_table => 'rp_runs')$$);
SELECT set_retry_policy('rp_runs', retryable_statuses => '{failed,timeout}');
SELECT original_status, attempt FROM retry_run(1, run_table => 'rp_runs');
SELECT set_retry_policy('rp_runs', max_attempts => 2, reason => 'less');
SELECT version, max_attempts, retryable_statuses, retry_roles, reason FROM retry_policy WHERE run_table = 'public.rp_runs' ORDER BY version;
-- The hash is of the rules alone, their order doesn't matter, and each decision names the one in force.
SELECT set_retry_policy('rp_runs', max_attempts => 3, retryable_statuses => '{timeout,failed}');
SELECT array_agg(version ORDER BY version) FROM retry_policy WHERE run_table = 'public.rp_runs' GROUP BY policy_hash ORDER BY 1;
SELECT p.version FROM ledger_entry e JOIN retry_policy p USING (run_table, policy_hash)
  WHERE e.run_table = 'public.rp_runs' AND e.action = 'retried' ORDER BY 1;

-- Role lists.
CREATE ROLE rp_anybody; CREATE ROLE rp_operator;
GRANT SELECT, INSERT ON rp_runs TO rp_anybody, rp_operator;
SELECT set_retry_policy('rp_runs', retry_roles => '{rp_operator}');
SET ROLE rp_anybody;
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'rp_runs')$$);
-- It says nothing in the name of others.
SELECT decision, replayed FROM retry_run(2, run_table => 'rp_runs', on_refusal => 'record', request_id => 'of all');
SELECT * FROM refused($$INSERT INTO rp_runs (status, parent_run_id) VALUES ('queued', 2)$$);
SELECT * FROM refused($$SELECT set_retry_policy('rp_runs', max_attempts => 10)$$);
SELECT * FROM refused($$SELECT set_retry_policy(NULL, max_attempts => 10)$$);
SET ROLE rp_operator;
SELECT attempt, replayed FROM retry_run(2, run_table => 'rp_runs', request_id => 'of all');
RESET ROLE;
SELECT set_retry_policy('rp_runs', retry_roles => '{public}');
SET ROLE rp_anybody;
SELECT attempt FROM retry_run(3, run_table => 'rp_runs');
RESET ROLE;
REVOKE ALL ON rp_runs FROM rp_anybody;
SET ROLE rp_anybody;
SELECT * FROM refused($$SELECT retry_run(4, run_table => 'rp_runs')$$);
SELECT * FROM refused($$SELECT retry_run(4444, run_table => 'rp_runs')$$);
RESET ROLE;
GRANT SELECT ON rp_runs TO rp_anybody;
SET ROLE rp_anybody;
SELECT * FROM refused($$SELECT retry_run(4, run_table => 'rp_runs')$$);
RESET ROLE;

-- Bad input changes nothing.
SELECT * FROM refused($$SELECT set_retry_policy('rp_runs', max_attempts => 0)$$);
SELECT * FROM refused($$SELECT set_retry_policy('rp_runs', max_attempts => 11)$$);
SELECT * FROM refused($$SELECT set_retry_policy('rp_runs', retryable_statuses => '{}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('rp_runs', retryable_statuses => '{queued}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('rp_runs', retryable_statuses => '{failed,NULL}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('rp_runs', retryable_statuses => '{{failed},{timeout}}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('rp_runs', retry_roles => '{no_such_role}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('pg_class', max_attempts => 1)$$);
SELECT max(version) FROM retry_policy WHERE run_table = 'public.rp_runs';
-- Versions are facts.
SELECT * FROM refused($$UPDATE retry_policy SET max_attempts = 10$$);
SELECT * FROM refused($$DELETE FROM retry_policy$$);
SELECT * FROM refused($$TRUNCATE retry_policy$$);

-- The default of all tables, for those that have none of their own.
CREATE TABLE rp_second (id int PRIMARY KEY, status text NOT NULL CHECK (status IN ('queued', 'failed')));
SELECT count(*) > 0 AS adopted FROM govern_runs('rp_second');
SELECT set_retry_policy(NULL, max_attempts => 1);
INSERT INTO rp_second VALUES (1, 'queued');
UPDATE rp_second SET status = 'failed';
SELECT attempt FROM retry_run(1, run_table => 'rp_second', new_run_id => '2');
UPDATE rp_second SET status = 'failed' WHERE id = 2;
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'rp_second', new_run_id => '3')$$);
SELECT set_retry_policy(NULL, max_attempts => 3);
SELECT attempt FROM retry_run(2, run_table => 'rp_second', new_run_id => '3');
REVOKE ALL ON rp_runs FROM rp_anybody, rp_operator;
DROP ROLE rp_anybody, rp_operator;

-- The rules of a policy beyond attempts and statuses: columns, profiles, back-off, deadline, budgets, override.
CREATE TABLE ru_runs (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text, region text, model text,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'completed', 'failed')), error text);
CREATE TABLE ru_plain (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status text NOT NULL DEFAULT 'queued'
  CHECK (status IN ('queued', 'failed')));
SELECT count(*) > 0 AS adopted FROM govern_runs('ru_runs', input_columns => '{region,model}');
SELECT count(*) > 0 AS adopted FROM govern_runs('ru_plain');
INSERT INTO ru_runs (tenant_id, region, model) SELECT 't' || i % 2, 'eu', 'small' FROM generate_series(1, 20) i;
UPDATE ru_runs SET status = 'failed', error = 'boom' WHERE id < 20;
UPDATE ru_runs SET status = 'completed' WHERE id = 20;

-- Without a list any input column may be overridden; others never.
SELECT decision FROM retry_run(1, run_table => 'ru_runs', overrides => '{"region": "us", "model": null}');
SELECT region, model, tenant_id FROM ru_runs WHERE parent_run_id = 1;
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'ru_runs', overrides => '{"tenant_id": "t9"}')$$);
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'ru_runs', overrides => '{"status": "completed"}')$$);
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'ru_runs', overrides => '{"attempt": 1}')$$);
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'ru_runs', overrides => '{"no column": 1}')$$);
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'ru_runs', overrides => '[]')$$);
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'ru_runs', overrides => '"region"')$$);
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'ru_runs', overrides => 'null')$$);

-- Columns that are listed, profiles that are allowed: for functions and hand-written rows alike.
SELECT set_retry_policy('ru_runs', override_columns => '{model}', profile_column => 'model', profiles => '{small,big}');
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'ru_runs', overrides => '{"region": "us"}')$$);
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'ru_runs', overrides => '{"model": "huge"}')$$);
SELECT * FROM refused($$INSERT INTO ru_runs (tenant_id, region, model, parent_run_id) VALUES ('t0', 'us', 'small', 2)$$);
SELECT * FROM refused($$INSERT INTO ru_runs (tenant_id, region, model, parent_run_id) VALUES ('t0', 'eu', 'huge', 2)$$);
SELECT * FROM refused($$INSERT INTO ru_runs (tenant_id, model, parent_run_id) VALUES ('t0', 'small', 2)$$);
INSERT INTO ru_runs (tenant_id, region, model, parent_run_id) VALUES ('t0', 'eu', 'big', 2);
SELECT decision FROM retry_run(3, run_table => 'ru_runs', overrides => '{"model": "big"}');
SELECT parent_run_id, region, model FROM ru_runs WHERE parent_run_id IN (2, 3) ORDER BY 1;

-- An override of the cap: named roles only, with a reason that stays.
CREATE ROLE ru_operator; CREATE ROLE ru_lead;
GRANT SELECT, INSERT ON ru_runs TO ru_operator, ru_lead;
SELECT set_retry_policy('ru_runs', max_attempts => 1, override_roles => '{ru_lead}');
UPDATE ru_runs SET status = 'failed' WHERE parent_run_id = 3;
SELECT id AS third FROM ru_runs WHERE parent_run_id = 3 \gset
SET ROLE ru_operator;
SELECT * FROM refused(format($$SELECT retry_run(%s, run_table => 'ru_runs')$$, :third));
SELECT * FROM refused(format($$SELECT retry_run(%s, run_table => 'ru_runs', override_reason => 'I want')$$, :third));
SELECT * FROM refused(format($$INSERT INTO ru_runs (tenant_id, region, model, parent_run_id) VALUES ('t1', 'eu', 'big', %s)$$, :third));
SET ROLE ru_lead;
SELECT * FROM refused(format($$SELECT retry_run(%s, run_table => 'ru_runs', override_reason => '')$$, :third));
SELECT attempt, detail FROM retry_run(:third, run_table => 'ru_runs', override_reason => 'agreed in the morning meeting');
RESET ROLE;
SELECT acting_role, attempt, evidence ->> 'override_reason' AS why FROM ledger_entry
  WHERE run_table = 'public.ru_runs' AND action = 'retried' AND evidence ? 'override_reason';
-- A call can lower the cap, never raise it.
SELECT set_retry_policy('ru_runs', max_attempts => 2);
SELECT id AS fourth FROM ru_runs WHERE parent_run_id = :third \gset
UPDATE ru_runs SET status = 'failed' WHERE id = :fourth;
SELECT * FROM refused(format($$SELECT retry_run(%s, run_table => 'ru_runs', max_attempts => 10)$$, :fourth));
UPDATE ru_runs SET status = 'failed' WHERE parent_run_id = 2;
SELECT id AS second FROM ru_runs WHERE parent_run_id = 2 \gset
SELECT * FROM refused(format($$SELECT retry_run(%s, run_table => 'ru_runs', max_attempts => 1)$$, :second));
SELECT * FROM refused($$SELECT retry_run(4, run_table => 'ru_runs', max_attempts => 0)$$);
SELECT * FROM refused($$SELECT retry_run(4, run_table => 'ru_runs', max_attempts => 11)$$);

-- Budgets: of a lineage, whatever is overridden; of a tenant within a window.
SELECT set_retry_policy('ru_runs', retries_per_root => 2);
SET ROLE ru_lead;
SELECT * FROM refused(format($$SELECT retry_run(%s, run_table => 'ru_runs', override_reason => 'again')$$, :fourth));
RESET ROLE;
SELECT set_retry_policy('ru_runs', clear => '{retries_per_root}', retries_per_tenant => 3, tenant_window => '1 hour');
SELECT tenant, count(*) FROM retry WHERE run_table = 'public.ru_runs' GROUP BY 1 ORDER BY 1;
SELECT * FROM refused($$SELECT retry_run(5, run_table => 'ru_runs')$$);
SELECT decision FROM retry_run(4, run_table => 'ru_runs');
SELECT set_retry_policy('ru_runs', retries_per_tenant => 4);
SELECT decision FROM retry_run(5, run_table => 'ru_runs');
SELECT * FROM refused($$INSERT INTO ru_runs (tenant_id, region, model, parent_run_id) VALUES ('t1', 'eu', 'small', 7)$$);
SELECT set_retry_policy('ru_runs', clear => '{retries_per_tenant}');

-- Back-off: the work's time, in the answer, on the link and on the ledger; a plan shows the same wait.
SELECT set_retry_policy('ru_runs', backoff_base => '1 minute', backoff_factor => 3, backoff_cap => '2 minutes');
SELECT date_trunc('minute', not_before - now()) AS wait FROM plan_retry(6, 'ru_runs');
SELECT detail ->> 'not_before' AS told FROM retry_run(6, run_table => 'ru_runs') \gset
SELECT not_before - retried_at AS wait, not_before = :'told' AS told,
       (SELECT (evidence ->> 'not_before')::timestamptz FROM ledger_entry WHERE run_table = 'public.ru_runs' AND run_key = '6' AND action = 'retried')
         = not_before AS on_ledger
  FROM retry WHERE run_table = 'public.ru_runs' AND parent_key = '6';
UPDATE ru_runs SET status = 'failed' WHERE parent_run_id = 6;
SELECT id AS sixth FROM ru_runs WHERE parent_run_id = 6 \gset
SELECT date_trunc('minute', not_before - now()) AS wait FROM plan_retry(:sixth, 'ru_runs');
SELECT set_retry_policy('ru_runs', backoff_jitter => 1);
SELECT not_before - now() BETWEEN '0 s' AND '2.5 min' AS waits FROM plan_retry(:sixth, 'ru_runs');
SELECT set_retry_policy('ru_runs', clear => '{backoff}');
SELECT not_before FROM plan_retry(:sixth, 'ru_runs');
-- It counts from the birth, not from the beginning of the transaction, nor of the statement that decides about the row.
CREATE TABLE ru_waits (id int PRIMARY KEY, status text NOT NULL DEFAULT 'queued');
SELECT count(*) > 0 AS adopted FROM govern_runs('ru_waits');
SELECT set_work_queue('ru_waits', 'waits');
SELECT set_retry_policy('ru_waits', backoff_base => '1 minute');
INSERT INTO ru_waits SELECT generate_series(1, 3);
UPDATE ru_waits SET status = 'failed';
BEGIN;
SELECT pg_sleep(0.1);
SELECT detail ->> 'not_before' AS told FROM retry_run(1, run_table => 'ru_waits', new_run_id => '11') \gset
INSERT INTO ru_waits (id, parent_run_id) SELECT i + 10, i FROM generate_series(2, 3) i, pg_sleep(0.1 * i);
COMMIT;
SELECT r.retry_key, r.not_before - r.retried_at AS wait, w.not_before = r.not_before AS of_work, r.not_before = :'told' AS told
  FROM retry r JOIN work_item w ON w.run_table = r.run_table AND w.job_id = r.retry_key WHERE r.run_table = 'public.ru_waits' ORDER BY 1;

-- Deadline: from the end, or from adoption for what had ended before.
SELECT set_retry_policy('ru_runs', deadline => '1 day');
SELECT decision, code FROM plan_retry(8, 'ru_runs');
SELECT set_retry_policy('ru_runs', deadline => '0');
SELECT decision, code FROM plan_retry(8, 'ru_runs');
SELECT field, regexp_replace(value, '\d+ s ago|"seconds_since_end": \d+', '...', 'g') AS value
  FROM refused($$SELECT retry_run(8, run_table => 'ru_runs')$$);
SELECT set_retry_policy('ru_runs', clear => '{deadline}');

-- Bad input changes nothing.
SELECT max(version) AS before FROM retry_policy WHERE run_table = 'public.ru_runs' \gset
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', backoff_base => '1 month')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', backoff_base => '-1 s')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', deadline => '999999 days')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', backoff_factor => 0.5)$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', backoff_factor => 'NaN')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', backoff_jitter => 2)$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', retries_per_root => 0)$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', retries_per_tenant => -1)$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', tenant_window => '0')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', environment => 'production')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', failure_classes => '{}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_plain', failure_classes => '{infra_transient}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_plain', profile_column => 'model', profiles => '{a}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', override_columns => '{status}')$$);
SELECT * FROM refused($$SELECT set_retry_policy(NULL, override_columns => '{region}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', profile_column => 'model', profiles => '{}')$$);
SELECT * FROM refused($$SELECT set_retry_policy('ru_runs', clear => '{max_attempts}')$$);
SELECT max(version) = :before AS unchanged FROM retry_policy WHERE run_table = 'public.ru_runs';
-- Each decision names the version that was in force, for good.
SELECT r.parent_key, p.version FROM retry r JOIN LATERAL (SELECT min(version) AS version FROM retry_policy p
  WHERE p.run_table = r.run_table AND p.policy_hash = r.policy_hash) p ON true
  WHERE r.run_table = 'public.ru_runs' AND p.version IS NOT NULL ORDER BY r.retried_at;
SELECT count(*) AS wrong FROM ledger_entry e WHERE leaf_hash IS DISTINCT FROM ledger_leaf_hash(e);

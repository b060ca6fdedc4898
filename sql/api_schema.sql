-- A schema of thin functions for PostgREST.
\pset format unaligned
\pset footer off
SELECT * FROM create_api_schema('Job "API"');
SELECT p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.provolatile, p.prosecdef, p.proconfig FROM pg_proc p
  WHERE pronamespace = '"Job ""API"""'::regnamespace ORDER BY 1;
-- Executed by whoever may execute what they call.
SELECT proname FROM pg_proc WHERE pronamespace = '"Job ""API"""'::regnamespace AND NOT has_function_privilege('pg_monitor', oid, 'EXECUTE') ORDER BY 1;
-- They answer with jsonb, and refuse as what they call.
CREATE TABLE api_jobs (id int PRIMARY KEY, tenant_id text, status text, error text);
SELECT count(*) > 0 AS done FROM govern_runs('api_jobs');
INSERT INTO api_jobs VALUES (8001, 'a', 'queued');
UPDATE api_jobs SET status = 'failed';
SET search_path = "Job ""API""", public;
SELECT retry_run('8001', run_table => 'api_jobs', new_run_id => '8002') - 'retry_id' AS answer;
SELECT jsonb_array_length(retry_lineage('8002', 'api_jobs')) AS runs, retry_tree('8001', 'public.api_jobs') -> 1 #>> '{}' ~ '8002' AS drawn;
SELECT latest_checkpoint('8001', 'api_jobs') AS none;
SELECT record_checkpoint('8002', 'running', 'r', run_table => 'api_jobs') IS NOT NULL AS done;
SELECT latest_checkpoint('8002', 'api_jobs') ->> 'ref' AS ref, classify_failure('HTTP 503') AS class, claim_work('nothing', 'w') AS work;
SELECT * FROM refused($$SELECT retry_run('8001', run_table => 'api_jobs', new_run_id => '8003')$$);
SELECT * FROM refused($$SELECT rerun_run('8001')$$);
SELECT * FROM refused($$SELECT retry_run('8001', run_table => 'no_such_table')$$);
RESET search_path;
-- Again: brought up to date, grants stay, functions of others are left alone.
CREATE ROLE api_caller;
GRANT EXECUTE ON FUNCTION "Job ""API""".claim_work TO api_caller;
CREATE FUNCTION "Job ""API""".mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
DROP FUNCTION "Job ""API""".retry_tree;
CREATE FUNCTION "Job ""API""".old_one() RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION "Job ""API""".old_one() IS 'retry_ledger API: of an earlier version';
SELECT action, count(*) FROM create_api_schema('Job "API"') GROUP BY 1 ORDER BY 1;
SELECT has_function_privilege('api_caller', p.oid, 'EXECUTE') FROM pg_proc p WHERE pronamespace = '"Job ""API"""'::regnamespace AND proname = 'claim_work';
SELECT count(*) FROM pg_proc WHERE pronamespace = '"Job ""API"""'::regnamespace AND proname IN ('mine', 'old_one');
-- What somebody else made under our mark stays his.
GRANT USAGE, CREATE ON SCHEMA "Job ""API""" TO api_caller;
SET ROLE api_caller;
CREATE FUNCTION "Job ""API""".his() RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
COMMENT ON FUNCTION "Job ""API""".his IS 'retry_ledger API: see the function of that name';
RESET ROLE;
SELECT * FROM refused($$SELECT create_api_schema('Job "API"')$$);
DROP FUNCTION "Job ""API""".his;
REVOKE USAGE, CREATE ON SCHEMA "Job ""API""" FROM api_caller;
CREATE SCHEMA api_squatted AUTHORIZATION api_caller;
COMMENT ON SCHEMA api_squatted IS 'retry_ledger API: thin functions with jsonb answers';
SELECT * FROM refused($$SELECT create_api_schema('api_squatted')$$);
DROP SCHEMA api_squatted;
DROP FUNCTION "Job ""API""".rerun_run;
CREATE FUNCTION "Job ""API""".rerun_run(x int) RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT * FROM refused($$SELECT create_api_schema('Job "API"')$$);
-- What can't be one.
SELECT * FROM refused($$SELECT create_api_schema('public')$$);
SELECT * FROM refused($$SELECT create_api_schema('retry_ledger')$$);
SELECT * FROM refused($$SELECT create_api_schema('')$$);
SELECT * FROM refused($$SELECT create_api_schema(NULL)$$);
SELECT * FROM refused($$SELECT create_api_schema(repeat('x', 64))$$);
SELECT * FROM refused($$SELECT create_api_schema('pg_api')$$);
GRANT USAGE ON SCHEMA retry_ledger TO api_caller;
SET ROLE api_caller;
SELECT * FROM refused($$SELECT create_api_schema('api')$$, VARIADIC ARRAY[current_database()]);
SELECT * FROM refused($$SELECT create_api_schema('Job "API"')$$);
RESET ROLE;
DROP SCHEMA "Job ""API""" CASCADE;
REVOKE ALL ON SCHEMA retry_ledger FROM api_caller;
DROP ROLE api_caller;

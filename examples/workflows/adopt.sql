\set ECHO none
CREATE SCHEMA IF NOT EXISTS retry_ledger;
CREATE EXTENSION IF NOT EXISTS retry_ledger SCHEMA retry_ledger;
SET search_path = public, retry_ledger;
\set ECHO queries

\echo
\echo '-- 2. They are adopted as they stand, first the runs, then their files'
SELECT item, decision FROM govern_runs('workflow_runs') WHERE item IN ('table', 'input_columns', 'outcome_columns', 'existing_rows');
SELECT item, decision FROM govern_files('workflow_files', 'workflow_runs')
WHERE item IN ('table', 'retry_statuses', 'completed_status', 'partial_status', 'completed_column', 'failed_column');

\echo
\echo '-- 3. What a file costs, the template says, deleted or not; how often a run may be retried, the run'
CREATE FUNCTION price_of_file(run jsonb) RETURNS int STABLE LANGUAGE sql AS $$
  SELECT credits_per_run FROM public.workflow_templates WHERE id = (run ->> 'template_id')::int $$;
SELECT set_retry_policy('workflow_runs', max_attempts => 10, max_attempts_column => 'max_retry_count',
                        price_function => 'public.price_of_file(jsonb)');

\echo
\echo '-- 4. Files are handed out from a queue, with what a worker needs to know'
SELECT set_work_queue('workflow_files', 'files', lease => '5 minutes',
  payload => '{"file": {"$column": "file_name"}, "run": {"$work": "run_id"}, "index": {"$work": "file_index"}}');

\echo
\echo '-- 5. The tenant has 7 credits for this month, and bought 20'
SELECT grant_credits('acme', 7, 'monthly', expires_at => date_trunc('month', now()) + interval '1 month') IS NOT NULL AS granted,
       grant_credits('acme', 20, 'purchased', reason => 'invoice 4711') IS NOT NULL AS bought;

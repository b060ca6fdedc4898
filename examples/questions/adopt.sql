\set ECHO none
CREATE SCHEMA IF NOT EXISTS retry_ledger;
CREATE EXTENSION IF NOT EXISTS retry_ledger SCHEMA retry_ledger;
SET search_path = public, retry_ledger;
\set ECHO queries

\echo
\echo '-- 2. Executions are adopted as they stand.  What ended is a fact from now on'
SELECT item, decision FROM govern_runs('executions', error_column => 'original_error',
  input_columns => '{job_id,region,model_id,question_index}',
  outcome_columns => '{provider_id,output_data,created_at,started_at,completed_at}')
WHERE item IN ('table', 'input_columns', 'outcome_columns', 'existing_rows');

\echo
\echo '-- 3. The rules: what failed, timed out or broke may be run again, three times'
SELECT set_retry_policy('executions', retryable_statuses => '{failed,timeout,error}', max_attempts => 3);

\echo
\echo '-- 4. What work carries: everything that is needed to ask the question, and which providers failed before'
CREATE FUNCTION question_work(ask jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'execution', ask ->> 'job_id',
    'prompt', question ->> 'prompt',
    'system_prompt', coalesce(question ->> 'system_prompt', input ->> 'system_prompt', ''),
    'model', coalesce(run ->> 'model_id', 'llama3.2-1b'),
    'region', run ->> 'region',
    'temperature', 0.7,
    'max_tokens', 2000,
    'timeout_s', 60,
    'failed_providers', jsonb_path_query_array(ask, '$.previous[*].provider_id ? (@ != null)'))
  FROM (SELECT ask -> 'run') AS r (run)
  JOIN public.jobs j ON j.id = (run ->> 'job_id')::bigint
  CROSS JOIN LATERAL (SELECT j.jobspec_data -> 'input') AS i (input)
  CROSS JOIN LATERAL (SELECT input -> 'questions' -> (run ->> 'question_index')::int) AS q (question)
$$;

\echo
\echo '-- 5. Which requests make no sense: what this returns refuses a retry as INVALID_REQUEST'
CREATE FUNCTION question_check(ask jsonb) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT format('job %s has no question %s, it has %s', j.id, run ->> 'question_index', count)
  FROM (SELECT ask -> 'run') AS r (run)
  JOIN public.jobs j ON j.id = (run ->> 'job_id')::bigint
  CROSS JOIN LATERAL (SELECT jsonb_array_length(j.jobspec_data -> 'input' -> 'questions')) AS c (count)
  WHERE (run ->> 'question_index')::int NOT BETWEEN 0 AND count - 1
$$;
SELECT set_work_queue('executions', 'questions', dispatch => 'all', payload_function => 'question_work(jsonb)',
  check_function => 'question_check(jsonb)', lease => '30 seconds', timeout => '90 seconds');

\echo
\echo '-- 6. Execution 2 failed.  It is retried as a new execution of the same question in the same region; dispatch_id'
\echo '--    is the id under which its work is handed out'
SELECT original_run_id, retry_run_id, attempt, status, original_status, dispatch_id FROM retry_run(2, 'the provider is back');

\echo
\echo '-- 7. A worker claims it.  The fence is shown with each report; the lease holds for 30 seconds, or longer if the'
\echo '--    worker says that it is still at it'
SELECT job_id, fence, kind, attempt, jsonb_pretty(payload) AS payload FROM claim_work('questions', 'worker 1') \gset
SELECT :'job_id' AS job_id, :fence AS fence, :'kind' AS kind, :attempt AS attempt, :'payload' AS payload;
SELECT extend_lease(:'job_id', :fence) > now() AS extended;

\echo
\echo '-- 8. The provider fails again.  Nothing is tried again by itself'
SELECT finish_work(:'job_id', :fence, 'failed', '{"provider_id": "eu-b", "original_error": "HTTP 502 Bad Gateway"}');
SELECT count(*) AS claimed FROM claim_work('questions', 'worker 1');

\echo
\echo '-- 9. It is retried once more; the work names both providers.  This time there is an answer'
SELECT retry_run_id, attempt FROM retry_run(:job_id);
SELECT job_id, fence, payload -> 'failed_providers' AS failed_providers FROM claim_work('questions', 'worker 2') \gset
SELECT :'failed_providers' AS failed_providers;
SELECT finish_work(:'job_id', :fence, 'completed',
  '{"provider_id": "eu-c", "output_data": {"response": "Grace Hopper.", "duration_ms": 940, "tokens": 4}}');
SELECT id, attempt, status, provider_id, output_data ->> 'response' AS response, completed_at IS NOT NULL AS has_time
FROM executions WHERE region = 'eu-west' AND question_index = 1 ORDER BY attempt;

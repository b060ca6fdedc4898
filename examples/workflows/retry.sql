\echo
\echo '-- 6. What would Continue do, and cost?'
SELECT decision, attempt, credits, detail FROM plan_retry('spring', 'workflow_runs');

\echo
\echo '-- 7. Continue: a new run with new attempts of the two files that failed.  photo.heic would fail again, and stays'
SELECT retry_run_id, attempt, status, original_status, detail
FROM retry_failed_files('spring', run_table => 'workflow_runs', tenant => 'acme', new_run_id => 'spring-2', request_id => 'click 1');
SELECT run_id, file_index, file_name, status, retry_attempt FROM workflow_files WHERE run_id LIKE 'spring%' ORDER BY run_id, file_index;

\echo
\echo '-- 8. A double click gets the same answer: nothing runs or is billed twice'
SELECT retry_run_id, replayed
FROM retry_failed_files('spring', run_table => 'workflow_runs', tenant => 'acme', new_run_id => 'spring-2', request_id => 'click 1');
SELECT monthly, purchased FROM credit_balance WHERE tenant = 'acme';

\echo
\echo '-- 9. A worker takes both files, completes one; the other fails again.  With it the run ends'
CREATE TEMP TABLE mine AS SELECT job_id, fence, payload FROM claim_work('files', 'worker 1', 10);
SELECT * FROM mine;
SELECT finish_work(job_id, fence, 'completed', '{"output": "The lease ends in May."}') FROM mine WHERE job_id = 'spring-2:file:1';
SELECT finish_work(job_id, fence, 'failed', '{"error": "HTTP 503 from the model"}') FROM mine WHERE job_id = 'spring-2:file:2';
SELECT id, status, completed_files, failed_files FROM workflow_runs WHERE id LIKE 'spring%' ORDER BY id;

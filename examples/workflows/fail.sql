\echo
\echo '-- 10. Continue once more; but the workers can''t be reached, for good.  The attempt is void, the charge goes back'
SELECT retry_run_id, attempt, detail FROM retry_failed_files('spring-2', run_table => 'workflow_runs', new_run_id => 'spring-3');
SELECT code, status, refund FROM dispatch_failed('spring-3', run_table => 'workflow_runs', error => 'no worker since an hour');
SELECT monthly, purchased FROM credit_balance WHERE tenant = 'acme';

\echo
\echo '-- 11. Later they can: the same attempt is made again, and succeeds'
SELECT retry_run_id, attempt FROM retry_failed_files('spring-2', run_table => 'workflow_runs', new_run_id => 'spring-4');
SELECT finish_work(job_id, fence, 'completed', '{"output": "The loan is paid back."}') FROM claim_work('files', 'worker 2');

-- What anybody can see afterwards.
\echo
\echo '-- 5. The whole story of that run, as a tree'
SELECT * FROM retry_tree(:'run');

\echo
\echo '-- 6. Every retry, with the status and error of the run that it retries'
SELECT original_run_id, retry_run_id, attempt, original_status, original_error, reason
FROM retry_history LIMIT 5;

\echo
\echo '-- 14. The whole story of the question, each attempt with its end'
SELECT attempt, run_id, status, reason FROM run_attempts WHERE root_run_id = '2' ORDER BY attempt;
SELECT action, reason_code, acting_role FROM ledger_entry WHERE run_key = '5' ORDER BY recorded_at;

\echo
\echo '-- 15. The other executions are what they were'
SELECT id, region, question_index, status, original_error FROM executions WHERE attempt = 1 ORDER BY id;

\echo
\echo '-- 16. For monitoring'
SELECT metric, status, value FROM retry_metrics
WHERE value > 0 AND metric IN ('retry_attempts_total', 'retry_success_total', 'retry_failure_total') ORDER BY 1, 2;

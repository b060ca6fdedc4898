\echo
\echo '-- 15. The workflow as one: five files, each by its latest attempt'
SELECT run_id, current_run_id, attempts, total, completed, failed, pending, error, credits FROM workflow_progress WHERE run_id = 'spring';
SELECT retry_tree('spring', 'workflow_runs');

\echo
\echo '-- 16. What each retry cost, and what came back'
SELECT run_id, credits, monthly, purchased, refunded FROM run_credits WHERE tenant = 'acme' ORDER BY charged_at;

\echo
\echo '-- 17. The ledger of it'
SELECT action, run_key, attempt, reason_code, evidence ->> 'credits' AS credits FROM ledger_entry
WHERE run_table = 'public.workflow_runs' AND run_key LIKE 'spring%' ORDER BY recorded_at, entry_id;

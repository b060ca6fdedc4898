\echo
\echo '-- 11. Each attempt of each job that was rerun'
SELECT c.job_name, a.attempt, a.status, a.reason, a.actor
FROM run_attempts a JOIN check_runs c ON c.id::text = a.run_id ORDER BY 1, 2;

\echo
\echo '-- 12. Each call, by target'
SELECT target, decision, reasons, rerun_jobs, blocked_jobs, skipped_jobs FROM target_decisions ORDER BY decided_at;

\echo
\echo '-- 13. Did the reruns help?'
SELECT failure_class, tried, helped, did_not_help, open FROM retry_outcome ORDER BY 1;

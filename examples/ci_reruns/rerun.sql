\echo
\echo '-- 4. A dry run: what would happen, and why'
SELECT j ->> 'jobName' AS job, j ->> 'priorConclusion' AS conclusion, j ->> 'action' AS action, j ->> 'reasonCode' AS reason
FROM jsonb_array_elements(rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', dry_run => true) -> 'jobs') j;

\echo
\echo '-- 5. The call: the newest workflow run is found, each job is decided, the answer is one document'
SELECT jsonb_pretty(rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', request_id => 'delivery-72d3162e') - 'lawbookHash');

\echo
\echo '-- 6. The webhook is delivered twice: the same request gets the same answer, nothing is rerun twice'
SELECT a ->> 'decision' AS decision, a -> 'replayed' AS replayed, a -> 'metadata' AS metadata
FROM rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}', request_id => 'delivery-72d3162e') a;

\echo
\echo '-- 7. CI reports what became of the new runs: two pass, one fails as before, and is rerun'
UPDATE check_runs SET conclusion = 'success', completed_at = now() WHERE is_retry AND job_name IN ('e2e', 'unit');
UPDATE check_runs SET conclusion = 'failure', error = 'Error: connect ETIMEDOUT 140.82.112.3:443', completed_at = now()
WHERE is_retry AND job_name = 'integration';
SELECT j ->> 'jobName' AS job, j ->> 'priorConclusion' AS conclusion, j ->> 'action' AS action, j ->> 'reasonCode' AS reason,
       j ->> 'attemptNumber' AS attempt
FROM jsonb_array_elements(rerun_failed_jobs('{"owner": "acme", "repo": "web", "pr_number": 7}') -> 'jobs') j;

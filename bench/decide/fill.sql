-- A CI table with :calls workflow runs of :jobs failed jobs each, whose failures pass, and as many again for the
-- calls one by one.  Adoption takes the rows as found.
INSERT INTO ci_jobs (owner, repo, pr_number, workflow_run_id, job_name, conclusion, error, created_at, completed_at)
SELECT 'acme', 'web', run % 100, run, 'job ' || job, 'failure', 'Error: read ECONNRESET', now() - interval '2 hours', now()
FROM generate_series(1, :calls) run, generate_series(1, :jobs) job;
-- The same rows for the hand-written statement.
CREATE TABLE plain_jobs (LIKE ci_jobs INCLUDING ALL);
INSERT INTO plain_jobs OVERRIDING SYSTEM VALUE SELECT * FROM ci_jobs;

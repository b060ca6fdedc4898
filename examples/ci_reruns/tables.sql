\set ECHO none
\echo
\echo '-- 1. The bot''s own table: one row for each job that GitHub reported, with its conclusion and error'
CREATE TABLE check_runs (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner           text NOT NULL,
  repo            text NOT NULL,
  pr_number       int,
  workflow_run_id bigint NOT NULL,
  job_name        text NOT NULL,
  conclusion      text NOT NULL DEFAULT 'queued',
  error           text,
  created_at      timestamptz NOT NULL DEFAULT now(),
  completed_at    timestamptz
);
CREATE INDEX check_runs_target ON check_runs (owner, repo, pr_number, workflow_run_id);

INSERT INTO check_runs (owner, repo, pr_number, workflow_run_id, job_name, conclusion, error, created_at, completed_at)
SELECT 'acme', 'web', 7, run, job.name, job.conclusion, job.error, now() - (1003 - run) * interval '1 hour', now()
FROM generate_series(1001, 1002) AS run,
     (VALUES ('build', 'success', NULL),
             ('e2e', 'failure', 'flaky test: login.spec.ts'),
             ('integration', 'failure', 'Error: connect ETIMEDOUT 140.82.112.3:443'),
             ('lint', 'failure', 'src/app.ts:12:7  error  x is assigned a value but never used'),
             ('unit', 'timed_out', 'Error: read ECONNRESET'),
             ('release', 'skipped', NULL)) AS job (name, conclusion, error);
SELECT workflow_run_id, job_name, conclusion, error FROM check_runs ORDER BY 1, 2;
\set ECHO queries

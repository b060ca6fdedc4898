-- What rerun_failed_jobs leaves for the jobs of one workflow run, as one statement: run, link and ledger entry.  No
-- check, no hash, no failure class from the text, no answer for each job.
WITH parent AS (
  SELECT * FROM plain_jobs WHERE owner = 'acme' AND repo = 'web' AND workflow_run_id = {run} AND conclusion = 'failure'
), run AS (
  INSERT INTO plain_jobs (parent_run_id, owner, repo, pr_number, workflow_run_id, job_name, conclusion, attempt, is_retry)
  SELECT id, owner, repo, pr_number, workflow_run_id, job_name, 'queued', attempt + 1, true FROM parent
  RETURNING *
), link AS (
  INSERT INTO plain_retry (retry_id, run_table, tenant, parent_key, retry_key, attempt, original_status, original_error,
                           reason, actor, retried_at, failure_class, policy_hash)
  SELECT gen_random_uuid(), 'public.ci_jobs', NULL, parent.id::text, run.id::text, run.attempt, parent.conclusion,
         parent.error, 'infra_transient', current_user, now(), 'infra_transient', sha256('policy')
  FROM parent JOIN run ON parent.id = run.parent_run_id
)
INSERT INTO plain_ledger
SELECT gen_random_uuid(), now(), 'retried', 'public.ci_jobs', parent.id::text, NULL, run.attempt, 'infra_transient',
       parent.conclusion, 'infra_transient', '\x0000000000000000000000000000000000000000000000000000000000000000',
       session_user, current_user, current_setting('application_name'), NULL, pg_current_xact_id(),
       '\x0000000000000000000000000000000000000000000000000000000000000000',
       jsonb_build_object('retry_run_id', run.id, 'mode', 'FAILED_ONLY', 'call_id', gen_random_uuid()),
       '\x0000000000000000000000000000000000000000000000000000000000000000'
FROM parent JOIN run ON parent.id = run.parent_run_id

-- rerun_failed_jobs: decides all jobs of a target at once and reruns those that may be: new, linked runs.
--   target        an object of columns and values of the table: which jobs; NULL means IS NULL.  Or an array of
--                 1 to 1000 of them: the answer is then an array of documents
--   mode          FAILED_ONLY, or ALL_JOBS: also what succeeded
--   max_attempts  retries of a job, 1 to 5; policy and registry can only lower it
--   request_id    idempotent by it, per table and tenant: the same request gets the first answer, "replayed": true
--   dry_run       decides and answers, changes and records nothing
--   run_table     the governed table; without it the only one that has all columns of the target
--   tenant        the caller's tenant: jobs of another one don't exist for it
--   on_refusal    'record': a refusal of the call is an answer (decision BLOCKED, error) and on the ledger
-- Jobs are the runs that match, as the caller sees them, one of each lineage: the one that has no live retry.  Of
-- a table with a column workflow_run_id that the target doesn't name, those of the newest workflow run.  A
-- failure is retried only if its class is one of the policy's failure_classes, or of flaky_probable and
-- infra_transient where it lists none.
-- Result: {schemaVersion "1.0", requestId, lawbookHash, deploymentEnv, target {prNumber, runId, ...}, decision
--   RERUN_TRIGGERED | NOOP | BLOCKED, reasons, jobs [{jobName, jobId, priorConclusion, action RERUN | SKIP |
--   BLOCKED, attemptNumber, reasonCode, newJobId}], metadata {totalJobs, rerunJobs, blockedJobs, skippedJobs},
--   dryRun, replayed}.  attemptNumber is the retry's for RERUN, else the job's own.
-- Errors: NOT_ALLOWED, TARGET_NOT_REGISTERED, INVALID_TARGET, INVALID_MODE, INVALID_MAX_ATTEMPTS,
--   INVALID_RUN_TABLE, INVALID_TENANT, INVALID_REQUEST_ID, IDEMPOTENCY_KEY_REUSED, INVALID_ON_REFUSAL.
-- Who may call: whoever has SELECT and INSERT on the table and is in the policy's retry_roles.
CREATE FUNCTION @extschema@.rerun_failed_jobs(
  target jsonb, mode text DEFAULT 'FAILED_ONLY', max_attempts int DEFAULT 2, request_id text DEFAULT NULL,
  dry_run boolean DEFAULT false, run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  on_refusal text DEFAULT 'raise')
  RETURNS jsonb AS 'MODULE_PATHNAME', 'rerun_failed_jobs' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.rerun_failed_jobs IS
  'reruns the failed jobs of a target that may be rerun, all in one call, and answers with one document';

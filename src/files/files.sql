-- Files of runs: one row per file and attempt.  A file that ended is a fact, and so is whatever file of a run that
-- ended; a run ends with its last file; one call retries what a run has left failed or never run.

-- govern_files: adopts a table of files with its rows.
--   file_table  the table: one row for each file of a run and each attempt
--   run_table   the governed table of the runs that the files are of
--   id_column … error_column
--               columns by role, where they aren't found by their names: run_column (run_id, …) names the run,
--               index_column (file_index, …) tells the files of a run apart, parent_column (parent_file_id) the
--               file that a file retries; attempt_column counts from 1, or from 0 if it is named retry_attempt
--   statuses, transitions, input_columns, outcome_columns, label
--               as of govern_runs
--   retry_statuses
--               what a retry of the run takes up: by default failed, and the initial ones (never run); the ended
--               ones among them are charged.  Files that ended otherwise are never retried
--   success_statuses
--               ended statuses that say that a file has completed: by default those by convention
--   completed_status, partial_status
--               how a run ends with its last file: all completed, or not all (completed_with_errors, else failed)
--   completed_column, failed_column
--               integer columns of the run that count its files at its end; '' for none
--   dry_run     says what would be decided and done
-- Result: what was decided.  Errors: as of govern_runs.  Who may call: the owner of both tables, superusers.
CREATE FUNCTION @extschema@.govern_files(
  file_table regclass, run_table regclass, id_column name DEFAULT NULL, run_column name DEFAULT NULL,
  index_column name DEFAULT NULL, status_column name DEFAULT NULL, tenant_column name DEFAULT NULL,
  parent_column name DEFAULT NULL, attempt_column name DEFAULT NULL, is_retry_column name DEFAULT NULL,
  error_column name DEFAULT NULL, statuses jsonb DEFAULT NULL, transitions jsonb DEFAULT NULL,
  input_columns name[] DEFAULT NULL, outcome_columns name[] DEFAULT NULL, label text DEFAULT NULL,
  retry_statuses name[] DEFAULT NULL, success_statuses name[] DEFAULT NULL, completed_status text DEFAULT NULL, partial_status text DEFAULT NULL,
  completed_column name DEFAULT NULL, failed_column name DEFAULT NULL, dry_run boolean DEFAULT false)
  RETURNS TABLE (item text, decision text, detail text) AS 'MODULE_PATHNAME', 'govern_files' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.govern_files IS
  'adopts a table of the files of runs: what ended never changes, a run ends with its last file';

CREATE FUNCTION @extschema@.guard_settle() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_settle' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.guard_settle IS 'guard: counts what a statement did to files, ends runs by their last file';

-- retry_failed_files: a new run that retries one, with new attempts of the files that it has left failed or never
-- run, all of them or none.  Files that failed for good or completed stay with the run in which they ended.
--   run_id, run_table, tenant, new_run_id, request_id, on_refusal, plan, max_attempts, override_reason, overrides
--               as of retry_run; plan is a hash of plan_retry; max_attempts also limits the attempts of each file
-- Result: one row as of retry_run; detail has files, failed_files and pending_files, and what they cost.
-- Errors: those of retry_run, and NOTHING_TO_RETRY (the run has completed, or no file is to be retried).  A file at
--   its limit refuses the whole call (MAX_ATTEMPTS_REACHED).
-- Who may call: whoever has SELECT and INSERT on both tables, sees the run and all of its files, and is in the
--   policy's retry_roles.
CREATE FUNCTION @extschema@.retry_failed_files(
  run_id text, reason text DEFAULT 'manual_retry', run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  new_run_id text DEFAULT NULL, request_id text DEFAULT NULL, on_refusal text DEFAULT 'raise',
  plan text DEFAULT NULL, max_attempts int DEFAULT NULL, override_reason text DEFAULT NULL,
  overrides jsonb DEFAULT NULL,
  OUT original_run_id text, OUT retry_run_id text, OUT attempt int, OUT status text, OUT original_status text,
  OUT reason text, OUT decision text, OUT replayed boolean, OUT dispatch_id text, OUT resume_from_status text,
  OUT checkpoint_ref text, OUT model_profile text, OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'retry_failed_files' LANGUAGE C VOLATILE ROWS 1;
CREATE FUNCTION @extschema@.retry_failed_files(
  run_id "any", reason text DEFAULT 'manual_retry', run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  new_run_id text DEFAULT NULL, request_id text DEFAULT NULL, on_refusal text DEFAULT 'raise',
  plan text DEFAULT NULL, max_attempts int DEFAULT NULL, override_reason text DEFAULT NULL,
  overrides jsonb DEFAULT NULL,
  OUT original_run_id text, OUT retry_run_id text, OUT attempt int, OUT status text, OUT original_status text,
  OUT reason text, OUT decision text, OUT replayed boolean, OUT dispatch_id text, OUT resume_from_status text,
  OUT checkpoint_ref text, OUT model_profile text, OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'retry_failed_files' LANGUAGE C VOLATILE ROWS 1;
COMMENT ON FUNCTION @extschema@.retry_failed_files(text, text, regclass, text, text, text, text, text, int, text, jsonb) IS
  'retries the failed and pending files of a run that ended, as a new, linked run';
COMMENT ON FUNCTION @extschema@.retry_failed_files("any", text, regclass, text, text, text, text, text, int, text, jsonb) IS
  'retries the failed and pending files of a run that ended, as a new, linked run';

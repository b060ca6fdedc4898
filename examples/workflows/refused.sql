-- Each statement must be refused; the check at the end stops the example if one isn't.
\set ON_ERROR_STOP off
\echo
\echo '-- 12. A run that goes on, and one that completed'
SELECT retry_failed_files('summer', run_table => 'workflow_runs');
\set refused :ERROR
SELECT retry_failed_files('winter', run_table => 'workflow_runs');
\set refused :refused' and ':ERROR
\echo
\echo '-- 13. A tenant who can''t pay, and a run of another tenant'
SELECT retry_failed_files('autumn', run_table => 'workflow_runs');
\set refused :refused' and ':ERROR
SELECT retry_failed_files('autumn', run_table => 'workflow_runs', tenant => 'acme');
\set refused :refused' and ':ERROR
\echo
\echo '-- 14. And nobody sets a failed file back, as the Continue button used to do'
UPDATE workflow_files SET status = 'pending', retry_attempt = retry_attempt + 1 WHERE run_id = 'spring' AND status = 'failed';
\set refused :refused' and ':ERROR
\set ON_ERROR_STOP on
\set ECHO none
SELECT CASE WHEN (:refused) THEN 'yes' ELSE 'no' END = 'yes' AS all_refused \gset
\if :all_refused
\else
  DO $$ BEGIN RAISE EXCEPTION 'one of these was not refused'; END $$;
\endif
\set ECHO queries

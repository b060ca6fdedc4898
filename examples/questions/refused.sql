-- Each statement must be refused; the check at the end stops the example if one isn't.
\set ON_ERROR_STOP off
\echo
\echo '-- 10. A double click: the run has a retry, and the answer says which'
SELECT retry_run(2);
\set refused :ERROR
\echo
\echo '-- 11. What is completed isn''t run again, and nobody sets a failed execution back to `retrying`'
SELECT retry_run(1);
\set refused :refused' and ':ERROR
UPDATE executions SET status = 'pending', original_error = NULL WHERE id = 2;
\set refused :refused' and ':ERROR
\echo
\echo '-- 12. A question that the job doesn''t have'
SELECT retry_run(3, overrides => '{"question_index": 2}');
\set refused :refused' and ':ERROR
\echo
\echo '-- 13. A worker that comes too late: what it was given has ended'
SELECT finish_work(:'job_id', :fence, 'failed');
\set refused :refused' and ':ERROR
\set ON_ERROR_STOP on
\set ECHO none
SELECT CASE WHEN (:refused) THEN 'yes' ELSE 'no' END = 'yes' AS all_refused \gset
\if :all_refused
\else
  DO $$ BEGIN RAISE EXCEPTION 'one of these was not refused'; END $$;
\endif
\set ECHO queries

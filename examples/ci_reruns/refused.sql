-- Each statement must be refused; the check at the end stops the example if one isn't.
\set ON_ERROR_STOP off
\echo
\echo '-- 8. In production a repository that nobody registered is refused'
SELECT rerun_failed_jobs('{"owner": "acme", "repo": "api"}');
\set refused :ERROR
\echo
\echo '-- 9. So are an action that isn''t allowed there, and more attempts than anybody may ask for'
SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web"}', 'ALL_JOBS');
\set refused :refused' and ':ERROR
SELECT rerun_failed_jobs('{"owner": "acme", "repo": "web"}', max_attempts => 6);
\set refused :refused' and ':ERROR
\echo
\echo '-- 10. And nobody sets a finished job back, as the bot used to do'
UPDATE check_runs SET conclusion = 'queued', error = NULL WHERE job_name = 'lint';
\set refused :refused' and ':ERROR
\set ON_ERROR_STOP on
\set ECHO none
SELECT CASE WHEN (:refused) THEN 'yes' ELSE 'no' END = 'yes' AS all_refused \gset
\if :all_refused
\else
  DO $$ BEGIN RAISE EXCEPTION 'one of these was not refused'; END $$;
\endif
\set ECHO queries

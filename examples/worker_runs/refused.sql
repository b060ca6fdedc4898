-- What nobody can do any more.  Each statement must be refused; the check after it ends the demonstration if not.
\set ON_ERROR_STOP off
\set ECHO none
SET client_min_messages = warning;   -- not which tables TRUNCATE would reach
\set ECHO queries

\echo
\echo '-- 7. Rewriting the past is refused, whoever asks: this is a superuser'
UPDATE worker_runs SET status = 'queued' WHERE id = :'run';
\set refused :ERROR
DELETE FROM worker_runs WHERE id = :'run';
\set refused :refused' and ':ERROR
TRUNCATE worker_runs CASCADE;
\set refused :refused' and ':ERROR
UPDATE aos_trace_steps SET duration_ms = 0;
\set refused :refused' and ':ERROR

\echo
\echo '-- 8. And one failed run has one retry'
SELECT * FROM retry_run(:'run', reason => 'once more');
\set refused :refused' and ':ERROR

\set ON_ERROR_STOP on
\set ECHO none
SELECT CASE WHEN (:refused) THEN 'yes' ELSE 'no' END = 'yes' AS all_refused \gset
\if :all_refused
\else
  DO $$ BEGIN RAISE EXCEPTION 'one of these was not refused'; END $$;
\endif

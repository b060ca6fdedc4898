-- Adoption: the tables stay the application's own; the rules are now the database's.
\echo
\echo '-- 1. The extension, in a schema of its own'
CREATE SCHEMA retry_ledger;
CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
ALTER DATABASE :"DBNAME" SET search_path = public, retry_ledger;
SET search_path = public, retry_ledger;

\echo
\echo '-- 2. Three existing tables are adopted, with their rows: runs, a log that only grows, and traces of which'
\echo '--    two columns may be filled in, once'
SELECT * FROM govern_runs('worker_runs', label => 'worker_run');
SELECT * FROM govern_append_only('aos_trace_steps');
SELECT * FROM govern_write_once('aos_traces', ARRAY['verified_at', 'verified_by']);

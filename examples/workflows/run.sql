-- The failed files of a workflow run ("Continue"): charged, handed out to workers, brought together again.
--
--   createdb workflows && psql -d workflows -f examples/workflows/run.sql
--
-- The extension must be installed on the server (README.md); everything happens in the database that you connect
-- to, in schema public.  The files beside this one are its steps, in this order:
--
--   tables.sql   the application's own tables: templates, runs, and one row for each file and attempt
--   adopt.sql    they are adopted; what a retry costs, who hands out its work, and what the tenant can spend
--   retry.sql    a plan, the retry of what failed or never ran, a double click, and workers who carry it out
--   fail.sql     the queue can't be reached: what was taken is given back
--   refused.sql  what is refused: a running run, one that completed, too few credits, somebody else's
--   history.sql  what anybody can see afterwards: the workflow as one, what it cost, the ledger
\set ON_ERROR_STOP on
\pset pager off
\set ECHO queries
\ir tables.sql
\ir adopt.sql
\ir retry.sql
\ir fail.sql
\ir refused.sql
\ir history.sql

-- One question of an execution is run again: jobs whose questions are asked of language models in several regions.
--
--   createdb questions && psql -d questions -f examples/questions/run.sql
--
-- The extension must be installed on the server (README.md); everything happens in the database that you connect
-- to, in schema public.  The files beside this one are its steps, in this order:
--
--   tables.sql   the application's own tables, with a job that was executed in two regions
--   adopt.sql    executions are adopted; what may be retried, what work carries, and which requests make no sense
--   retry.sql    a question is run again: the request, the worker's claim and report, and again with another provider
--   refused.sql  what is refused: a double click, an index outside the job, a fourth retry, a worker that is too late
--   history.sql  what anybody can see afterwards
--
-- Here SQL plays the worker; a real one is in examples/worker.
\set ON_ERROR_STOP on
\pset pager off
\set ECHO queries
\ir tables.sql
\ir adopt.sql
\ir retry.sql
\ir refused.sql
\ir history.sql

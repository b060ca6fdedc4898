-- Bounded reruns of failed CI jobs: a bot that presses "re-run failed jobs", under rules that the database checks.
--
--   createdb ci && psql -d ci -f examples/ci_reruns/run.sql
--
-- The extension must be installed on the server (README.md); everything happens in the database that you connect
-- to, in schema public.  The files beside this one are its steps, in this order:
--
--   tables.sql   the bot's own table, with two workflow runs of a pull request
--   adopt.sql    it is adopted; which conclusions may be rerun, and for which repository
--   rerun.sql    a dry run, the call, the same request again, and what comes of it
--   refused.sql  what is refused: another repository, too many attempts, a finished job set back
--   history.sql  what anybody can see afterwards: attempts, decisions, and whether the reruns helped
\set ON_ERROR_STOP on
\pset pager off
\set ECHO queries
\ir tables.sql
\ir adopt.sql
\ir rerun.sql
\ir refused.sql
\ir history.sql

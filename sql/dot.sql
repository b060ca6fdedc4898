-- Pictures for Graphviz: the state machine of a table, the family of a run.
\pset format unaligned
\pset tuples_only on
CREATE TABLE dot_runs (id int PRIMARY KEY, tenant_id text, status text, error text);
SELECT count(*) > 0 FROM govern_runs('dot_runs', label => 'dot run',
  statuses => '{"initial": ["queued"], "active": ["running", "say \"hi\""], "ended": ["completed", "failed", "back\\slash &amp;"]}',
  transitions => '{"queued": ["running"], "running": ["say \"hi\"", "failed"], "say \"hi\"": ["completed", "back\\slash &amp;"]}');
SELECT state_machine_dot('dot_runs');
-- Without declared transitions: all that may happen.
SELECT count(*) > 0 FROM govern_runs('dot_runs', transitions => '{}');
SELECT state_machine_dot('dot_runs');
SELECT state_machine_dot(NULL) IS NULL;
CREATE TABLE dot_traces (id int PRIMARY KEY, note text);
SELECT count(*) > 0 FROM govern_append_only('dot_traces');
\pset tuples_only off
SELECT * FROM refused($$SELECT state_machine_dot('dot_traces')$$);
SELECT * FROM refused($$SELECT state_machine_dot('pg_class')$$);
SELECT * FROM refused($$SELECT state_machine_dot(0)$$);
\pset tuples_only on
-- A lineage; who and when differ from run to run.
INSERT INTO dot_runs VALUES (1, 'a', 'queued');
UPDATE dot_runs SET status = 'failed', error = E'no "luck"\nsecond line';
SELECT attempt FROM retry_run(1, run_table => 'dot_runs', new_run_id => '2', reason => 'try "again" & again');
UPDATE dot_runs SET status = 'failed' WHERE id = 2;
SELECT attempt FROM retry_run(2, run_table => 'dot_runs', new_run_id => '3');
SELECT regexp_replace(retry_lineage_dot(2, 'dot_runs'), '\\n\w+\\n[^\\"]*\d:\d\d[^\\"]*"', '\\n<who>\\n<when>"', 'g');
SELECT retry_lineage_dot('1', 'dot_runs') = retry_lineage_dot(3, 'dot_runs', tenant => 'a');
\pset tuples_only off
SELECT * FROM refused($$SELECT retry_lineage_dot(1, 'dot_runs', tenant => 'b')$$);
SELECT * FROM refused($$SELECT retry_lineage_dot(4, 'dot_runs')$$);
SELECT * FROM refused($$SELECT retry_lineage_dot(NULL::text, 'dot_runs')$$);
-- Who can't read the runs gets no picture of them; one of the machine everybody does.
CREATE ROLE dot_reader;
GRANT USAGE ON SCHEMA retry_ledger, public TO dot_reader;
SET ROLE dot_reader;
SELECT * FROM refused($$SELECT retry_lineage_dot(1, 'dot_runs')$$);
SELECT length(state_machine_dot('dot_runs')) > 0 AS shown;
RESET ROLE;
-- Row level security: a run that can't be seen isn't in the picture.
GRANT SELECT ON dot_runs TO dot_reader;
SELECT accept_ddl('dot_runs', 'ALTER TABLE dot_runs ENABLE ROW LEVEL SECURITY', 'test') IS NOT NULL AS done;
SELECT accept_ddl('dot_runs', 'CREATE POLICY dot_some ON dot_runs FOR SELECT USING (id > 1)', 'test') IS NOT NULL AS done;
SET ROLE dot_reader;
SELECT retry_lineage_dot(3, 'dot_runs') ~ 'label="1\\n' AS shows_hidden, retry_lineage_dot(3, 'dot_runs') ~ 'label="2\\n' AS shows_visible;
RESET ROLE;
REVOKE ALL ON dot_runs FROM dot_reader;
REVOKE ALL ON SCHEMA retry_ledger, public FROM dot_reader;
DROP ROLE dot_reader;

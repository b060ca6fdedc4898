-- Row level security, policies and rules of a governed table change through accept_ddl, which leaves a trace.
CREATE ROLE dc_owner;
CREATE ROLE dc_other;
CREATE SCHEMA dc AUTHORIZATION dc_owner;
GRANT USAGE ON SCHEMA dc TO dc_other;
SET ROLE dc_owner;
SET search_path = dc, public, retry_ledger;
CREATE TABLE runs (id int PRIMARY KEY, tenant_id text, status text);
CREATE TABLE more (id int PRIMARY KEY, status text);
CREATE TABLE mine (id int);
ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_tenant ON runs USING (tenant_id = current_setting('dc.tenant', true));
SELECT count(*) > 0 AS adopted FROM govern_runs('runs');
SELECT count(*) > 0 AS adopted FROM govern_runs('more');

-- What is recorded stays; a change of it is refused, in either direction.
SELECT * FROM refused('DROP POLICY by_tenant ON runs');
SELECT * FROM refused('ALTER POLICY by_tenant ON runs USING (false)');
SELECT * FROM refused('ALTER POLICY by_tenant ON runs RENAME TO other');
SELECT * FROM refused('ALTER TABLE runs DISABLE ROW LEVEL SECURITY');
SELECT * FROM refused('CREATE POLICY more ON runs FOR SELECT USING (true)');

-- Accepted, each with its entry.
SELECT accept_ddl('runs', 'CREATE POLICY more ON runs FOR SELECT USING (true)', 'support needs to see');
SELECT accept_ddl('runs', 'ALTER POLICY by_tenant ON runs USING (tenant_id IS NULL)', 'a test') ? 'after' AS accepted;
SELECT accept_ddl('runs', 'DROP POLICY more ON runs', 'no longer') ? 'after' AS accepted;
SELECT accept_ddl('runs', 'ALTER TABLE runs FORCE ROW LEVEL SECURITY', 'owner too') ? 'after' AS accepted;
SELECT accept_ddl('runs', 'CREATE RULE tell AS ON INSERT TO runs DO ALSO NOTIFY births', 'watch') ? 'after' AS accepted;
SELECT * FROM refused('DROP RULE tell ON runs');
SELECT * FROM refused('ALTER RULE tell ON runs RENAME TO told');
SELECT accept_ddl('runs', 'DROP RULE tell ON runs', 'enough') ? 'after' AS accepted;
RESET ROLE;
SELECT action, run_table, evidence->>'reason' AS reason, evidence->>'command' AS command FROM ledger_entry
  WHERE run_table = 'dc.runs' AND action = 'ddl_accepted' ORDER BY entry_id;
SELECT accepted = table_shape('dc.runs') AS recorded FROM governed_table WHERE table_name = 'dc.runs';
SET ROLE dc_owner;

-- A role or function that a policy names is renamed: any such command records how the policy reads now, for a restore.
SELECT accept_ddl('runs', 'CREATE POLICY others ON runs FOR SELECT TO dc_other USING (true)', 'a test') ? 'after' AS accepted;
RESET ROLE;
ALTER ROLE dc_other RENAME TO dc_another;
SELECT accepted = table_shape('dc.runs') AS recorded FROM governed_table WHERE table_name = 'dc.runs';
SET ROLE dc_owner;
SELECT accept_ddl('runs', 'ALTER TABLE runs ENABLE ROW LEVEL SECURITY', 'a role was renamed') ? 'after' AS accepted;
SELECT * FROM refused($$SELECT accept_ddl('runs', 'ALTER TABLE runs ENABLE ROW LEVEL SECURITY', 'again')$$);
RESET ROLE;
SELECT accepted = table_shape('dc.runs') AS recorded FROM governed_table WHERE table_name = 'dc.runs';
ALTER ROLE dc_another RENAME TO dc_other;
SET ROLE dc_owner;
SELECT accept_ddl('runs', 'DROP POLICY others ON runs', 'a test') ? 'after' AS accepted;

-- Only that, only there, only by who may.
SELECT * FROM refused($$SELECT accept_ddl('runs', 'ALTER TABLE runs DISABLE TRIGGER retry_ledger_change', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', 'ALTER TABLE runs ENABLE ROW LEVEL SECURITY, DROP COLUMN tenant_id', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', 'ALTER TABLE more ENABLE ROW LEVEL SECURITY', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', 'ALTER TABLE mine ENABLE ROW LEVEL SECURITY', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', 'DROP TABLE runs', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', 'CREATE POLICY a ON runs; CREATE POLICY b ON runs', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', 'SELECT 1', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', 'CREATE POLICY', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', '', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', NULL, 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', 'CREATE POLICY a ON runs', NULL)$$);
SELECT * FROM refused($$SELECT accept_ddl('runs', 'CREATE POLICY a ON runs', '')$$);
SELECT * FROM refused($$SELECT accept_ddl('mine', 'CREATE POLICY a ON mine', 'x')$$);
SELECT * FROM refused($$SELECT accept_ddl(NULL, 'CREATE POLICY a ON mine', 'x')$$);
SET ROLE dc_other;
SELECT * FROM refused($$SELECT retry_ledger.accept_ddl('dc.runs', 'CREATE POLICY a ON dc.runs', 'x')$$);
RESET ROLE;
SELECT count(*) FROM ledger_entry WHERE run_table = 'dc.runs' AND action = 'ddl_accepted';
RESET search_path;

-- role: owner
-- tries: accept_ddl for more than it is for
-- none: bites
-- guarded: held
-- locked: held
SELECT accept_ddl('runs', 'ALTER TABLE app.runs ENABLE ROW LEVEL SECURITY, DISABLE TRIGGER retry_ledger_change', 'x');
SELECT accept_ddl('runs', 'CREATE POLICY a ON app.runs; DROP TABLE app.log', 'x');
SELECT accept_ddl('runs', 'ALTER TABLE app.runs DROP COLUMN error', 'x');
SELECT accept_ddl('runs', 'ALTER TABLE app.log ENABLE ROW LEVEL SECURITY', 'x');
SELECT accept_ddl('tenant_runs', 'DROP TABLE app.runs', 'x');

-- role: owner
-- tries: a collation by which two keys are the same, so that a run may have two retries
-- none: bites
-- guarded: held
-- locked: held
CREATE COLLATION careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
ALTER TABLE tenant_runs ALTER COLUMN id TYPE text COLLATE careless;
ALTER TABLE tenant_runs ALTER COLUMN parent_run_id TYPE text COLLATE careless;
INSERT INTO tenant_runs (id, tenant_id, status, parent_run_id) VALUES ('x1', 't2', 'queued', 'B');
SELECT retry_run('B', run_table => 'tenant_runs', new_run_id => 'x2');
SELECT retry_run('A', run_table => 'tenant_runs', new_run_id => 'x3');
SELECT retry_run('a', run_table => 'tenant_runs', new_run_id => 'x4');

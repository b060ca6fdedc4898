-- role: app
-- login: attack_tenant
-- tries: to retry a run that row level security hides, by hand and by function
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO app.tenant_runs (id, tenant_id, status, parent_run_id) VALUES ('c', 't2', 'queued', 'b');
INSERT INTO app.tenant_runs (id, tenant_id, status, parent_run_id) VALUES ('c', 't1', 'queued', 'b2');
SELECT retry_ledger.retry_run('b', run_table => 'app.tenant_runs', new_run_id => 'd');

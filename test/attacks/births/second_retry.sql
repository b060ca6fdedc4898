-- role: app
-- tries: a second live retry: by hand, by function, for two in one statement, by ON CONFLICT
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (90, 't1', 'queued', 3);
SELECT retry_run(3, run_table => 'runs', new_run_id => '91');
INSERT INTO runs (id, tenant_id, status, parent_run_id, profile) VALUES (92, 't1', 'queued', 2, 'small'), (93, 't1', 'queued', 2, 'small');
INSERT INTO runs (id, tenant_id, status, parent_run_id) SELECT 94, 't1', 'queued', 3 ON CONFLICT DO NOTHING;

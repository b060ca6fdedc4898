-- role: app
-- tries: births in ended, active, undeclared and absent statuses
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status) VALUES (90, 't1', 'completed');
INSERT INTO runs (id, tenant_id, status) VALUES (91, 't1', 'failed');
INSERT INTO runs (id, tenant_id, status) VALUES (92, 't1', NULL);
INSERT INTO runs (id, tenant_id, status) VALUES (93, 't1', 'Queued');
INSERT INTO runs (id, tenant_id) VALUES (94, 't1');
INSERT INTO flows (id, status) VALUES (95, 'completed');
INSERT INTO flow_files (id, run_id, file_index, status) VALUES (96, 3, 5, 'completed');

-- role: app
-- tries: a hand-written retry of a run that completed, of one that runs, of one that does not exist
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (90, 't1', 'queued', 1);
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (91, 't1', 'queued', 5);
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (92, 't1', 'queued', 999);
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (93, 't1', 'queued', 93);

-- role: app
-- tries: a retry under another tenant than its parent's, or none
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status, parent_run_id, note, customer_id, profile) VALUES (90, 't2', 'queued', 2, 'note 2', 1, 'small');
INSERT INTO runs (id, tenant_id, status, parent_run_id, note, customer_id, profile) VALUES (91, NULL, 'queued', 2, 'note 2', 1, 'small');

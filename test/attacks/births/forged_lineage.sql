-- role: app
-- tries: a root that says that it is a retry, and a retry that says that it is none
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status, attempt, is_retry) VALUES (90, 't1', 'queued', 7, true);
INSERT INTO runs (id, tenant_id, status, parent_run_id, attempt, is_retry, note, customer_id, profile)
  VALUES (91, 't1', 'queued', 2, 1, false, 'note 2', 1, 'small');

-- role: app
-- tries: a retry by hand with another input than its parent's, under settings by which both read the same
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status, score, profile) VALUES (90, 't1', 'queued', 0.123456, 'small');
UPDATE runs SET status = 'failed', error = 'x' WHERE id = 90;
SET extra_float_digits = -15;
INSERT INTO runs (id, tenant_id, status, score, profile, parent_run_id) VALUES (91, 't1', 'queued', 0.14, 'small', 90);

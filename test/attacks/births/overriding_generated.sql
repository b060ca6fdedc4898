-- role: app
-- tries: births with values for generated and default columns
-- none: bites
-- guarded: held
-- locked: held
-- errors: 428C9
INSERT INTO runs (id, tenant_id, status, words) VALUES (90, 't1', 'queued', 'forged');
INSERT INTO runs (id, tenant_id, status, attempt, is_retry) OVERRIDING SYSTEM VALUE VALUES (91, 't1', 'completed', DEFAULT, DEFAULT);

-- role: app
-- tries: a birth in an active status
-- none: harmless
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status) VALUES (90, 't1', 'running');

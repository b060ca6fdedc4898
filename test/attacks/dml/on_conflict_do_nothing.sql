-- role: app
-- tries: a retry that ON CONFLICT DO NOTHING keeps from being born, for its effects alone
-- none: harmless
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (1, 't1', 'queued', 2) ON CONFLICT DO NOTHING;
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (2, 't1', 'queued', 2) ON CONFLICT (id) DO NOTHING;

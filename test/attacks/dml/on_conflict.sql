-- role: app
-- tries: INSERT ... ON CONFLICT DO UPDATE of an ended run
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status) VALUES (2, 't1', 'queued') ON CONFLICT (id) DO UPDATE SET error = 'upserted';
INSERT INTO runs (id, tenant_id, status) VALUES (2, 't1', 'queued') ON CONFLICT (id) DO UPDATE SET status = excluded.status;
INSERT INTO log VALUES (1, 'other') ON CONFLICT (id) DO UPDATE SET what = excluded.what;

-- role: app
-- tries: the same, by a role that was granted the setting
-- none: bites
-- guarded: held
-- locked: held
-- setup: GRANT SET ON PARAMETER session_replication_role TO attack_app
SET session_replication_role = replica;
UPDATE app.runs SET error = 'x' WHERE id = 2;
DELETE FROM app.runs WHERE id = 7;
INSERT INTO app.runs (id, tenant_id, status, attempt, is_retry) VALUES (90, 't1', 'completed', 1, false);

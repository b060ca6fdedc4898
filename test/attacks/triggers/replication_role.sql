-- role: superuser
-- tries: session_replication_role = replica, which keeps ordinary triggers from firing
-- none: bites
-- guarded: held
-- locked: held
SET session_replication_role = replica;
UPDATE app.runs SET error = 'x' WHERE id = 2;
DELETE FROM app.runs WHERE id = 7;
INSERT INTO app.runs (id, tenant_id, status, attempt, is_retry) VALUES (90, 't1', 'completed', 1, false);
TRUNCATE app.log;
UPDATE app.log SET what = 'x';

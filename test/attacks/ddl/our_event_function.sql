-- role: superuser
-- tries: an event trigger of his own that calls guard_ddl_start, at the end of commands or once more
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42P01
CREATE EVENT TRIGGER aaa ON ddl_command_end EXECUTE FUNCTION retry_ledger.guard_ddl_start();
ALTER TABLE app.runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY hide ON app.runs USING (id > 6);
CREATE RULE hide AS ON UPDATE TO app.log DO INSTEAD NOTHING;
CREATE TABLE app.forged (LIKE app.day_runs INCLUDING ALL);
INSERT INTO app.days VALUES ('2024-03-05');
INSERT INTO app.forged (id, day, status, attempt, is_retry) VALUES (77, '2024-03-05', 'completed', 1, false);
ALTER TABLE app.day_runs ATTACH PARTITION app.forged FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
DROP EVENT TRIGGER IF EXISTS aaa;
CREATE EVENT TRIGGER aaa ON ddl_command_start EXECUTE FUNCTION retry_ledger.guard_ddl_start();
ALTER TABLE app.runs DROP CONSTRAINT runs_pkey CASCADE;
INSERT INTO app.runs (id, tenant_id, status) VALUES (2, 't1', 'queued');
DROP EVENT TRIGGER IF EXISTS aaa;

-- role: app
-- tries: a trigger that takes each UPDATE for a birth, and hands the work out again
-- none: harmless
-- guarded: held
-- locked: held
CREATE TRIGGER zzz AFTER UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_born();
UPDATE runs SET status = 'failed' WHERE id = 5;
UPDATE runs SET note = 'x' WHERE id = 6;
INSERT INTO runs (id, tenant_id, status) VALUES (90, 't1', 'queued');
UPDATE runs SET note = 'x' WHERE id = 90;

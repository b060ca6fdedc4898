-- role: app
-- tries: a second trigger that counts each end of a file again
-- none: harmless
-- guarded: held
-- locked: held
CREATE TRIGGER zzz AFTER UPDATE ON flow_files FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_change();
INSERT INTO flow_files (id, run_id, file_index) VALUES (23, 2, 2), (24, 2, 3);
UPDATE flow_files SET status = 'completed' WHERE id = 22;
UPDATE flow_files SET status = 'failed' WHERE id = 23;

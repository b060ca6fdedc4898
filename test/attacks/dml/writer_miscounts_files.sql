-- role: app
-- login: attack_writer
-- tries: as a role that may write all data: to change the counts by which a run ends
-- none: bites
-- guarded: held
-- locked: held
UPDATE retry_ledger.file_count SET completed = 2 WHERE run_key = '2';
UPDATE app.flow_files SET status = 'failed' WHERE id = 22;
INSERT INTO retry_ledger.file_count (run_table, run_key, counter, files, completed, failed, error, retried_failed, retried_pending)
  VALUES ('app.flows', '3', -1, -1, 0, 0, 0, 0, 0);

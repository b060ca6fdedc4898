-- role: app
-- tries: a retry of files by hand, charged in two statements, then void
-- none: bites
-- guarded: held
-- locked: held
-- setup: SELECT retry_ledger.set_retry_policy('app.flows', price => 1); SELECT retry_ledger.grant_credits(NULL, 20, 'purchased')
INSERT INTO flows (id) VALUES (4);
INSERT INTO flow_files (id, run_id, file_index) VALUES (41, 4, 0), (42, 4, 1);
UPDATE flow_files SET status = 'failed' WHERE run_id = 4;
INSERT INTO flows (id, parent_run_id) VALUES (1004, 4);
INSERT INTO flow_files (id, run_id, file_index, parent_file_id) VALUES (1041, 1004, 0, 41);
INSERT INTO flow_files (id, run_id, file_index, parent_file_id) VALUES (1042, 1004, 1, 42);
SELECT retry_ledger.dispatch_failed('1004', run_table => 'app.flows');

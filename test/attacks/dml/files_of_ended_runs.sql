-- role: app
-- tries: to change, add and remove files of runs that ended, and to change whose a file is
-- none: bites
-- guarded: held
-- locked: held
UPDATE flow_files SET status = 'pending' WHERE id = 12;
UPDATE flow_files SET error = 'other' WHERE id = 12;
UPDATE flow_files SET run_id = 3 WHERE id = 22;
UPDATE flow_files SET file_index = 7 WHERE id = 22;
INSERT INTO flow_files (id, run_id, file_index) VALUES (13, 1, 2);
INSERT INTO flow_files (id, run_id, file_index, status) VALUES (32, 3, 1, 'completed');
INSERT INTO flow_files (id, run_id, file_index, parent_file_id, attempt, is_retry) VALUES (33, 3, 2, 12, 2, true);
UPDATE flow_files SET parent_file_id = 12, attempt = 2, is_retry = true WHERE id = 31;

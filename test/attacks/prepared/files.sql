-- role: app
-- tries: a file for a run that a prepared transaction ends
-- none: harmless
-- guarded: held
-- locked: held
BEGIN;
UPDATE flow_files SET status = 'completed' WHERE id = 31;
PREPARE TRANSACTION :'DBNAME';
\c
SET lock_timeout = '100ms';
INSERT INTO flow_files (id, run_id, file_index) VALUES (32, 3, 1);
COMMIT PREPARED :'DBNAME';
INSERT INTO flow_files (id, run_id, file_index) VALUES (33, 3, 2);

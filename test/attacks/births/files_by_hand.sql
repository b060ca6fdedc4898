-- role: app
-- tries: files that count where they should not: a second of an index, of no run, a retry of a file of a run that runs
-- none: harmless
-- guarded: held
-- locked: held
INSERT INTO flow_files (id, run_id, file_index) VALUES (90, 2, 0);
INSERT INTO flow_files (id, run_id, file_index, parent_file_id, attempt, is_retry) VALUES (91, 2, 5, 12, 2, true);
INSERT INTO flow_files (id, run_id, file_index, attempt, is_retry) VALUES (92, 2, 6, 4, true);

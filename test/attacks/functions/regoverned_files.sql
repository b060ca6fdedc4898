-- role: owner
-- tries: to change the counts of runs that ended, and have files that completed retried, by what is said of their status
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO app.flows (id) VALUES (7);
INSERT INTO app.flow_files (id, run_id, file_index) VALUES (71, 7, 0), (72, 7, 1), (73, 7, 2);
UPDATE app.flow_files SET status = 'completed' WHERE id IN (71, 72);
UPDATE app.flow_files SET status = 'failed' WHERE id = 73;
SELECT count(*) FROM govern_files('app.flow_files', 'app.flows', success_statuses => '{failed}', retry_statuses => '{completed,pending}');
SELECT decision, detail FROM retry_failed_files(7, run_table => 'app.flows', new_run_id => '7000');

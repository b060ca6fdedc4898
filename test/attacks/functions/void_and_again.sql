-- role: app
-- login: attack_owner
-- tries: retries that ran, one of them by its file, are put back to their first status, and given up as never handed out: refunded, and the attempt doesn't count
-- none: bites
-- guarded: held
-- locked: held
-- setup: GRANT ALL ON app.flows TO attack_app; SELECT set_retry_policy('app.day_runs', max_attempts => 1)
\c - attack_app
UPDATE app.day_runs SET status = 'running' WHERE id = 102;
UPDATE app.day_runs SET status = 'queued' WHERE id = 102;
SELECT retry_ledger.dispatch_failed(102, run_table => 'app.day_runs');
SELECT retry_ledger.retry_failed_files(1, run_table => 'app.flows', new_run_id => '10');
UPDATE app.flow_files SET status = 'processing' WHERE run_id = 10;
UPDATE app.flow_files SET status = 'pending' WHERE run_id = 10;
SELECT retry_ledger.dispatch_failed(10, run_table => 'app.flows');
\c - postgres
SELECT 'CREATE TABLE app.ran_as_superuser ()' WHERE EXISTS (SELECT FROM retry_ledger.retry WHERE voided_at IS NOT NULL) \gexec

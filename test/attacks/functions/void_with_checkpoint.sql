-- role: app
-- tries: to make retries void that have recorded how far they have got, in our table and in one of the application
-- none: harmless
-- guarded: held
-- locked: held
-- setup: SET ROLE attack_owner; CREATE TABLE app.artifacts (id bigint PRIMARY KEY, run_id bigint NOT NULL, status text NOT NULL, ref text NOT NULL, created_at timestamptz NOT NULL DEFAULT now()); SELECT retry_ledger.govern_append_only('app.artifacts'); SELECT retry_ledger.map_checkpoints('app.runs', 'app.artifacts'); GRANT ALL ON app.artifacts TO attack_app
SELECT retry_ledger.record_checkpoint('102', 'running', 'half', run_table => 'app.day_runs');
SELECT retry_ledger.dispatch_failed('102', run_table => 'app.day_runs');
INSERT INTO app.artifacts VALUES (1, 103, 'running', 'half');
SELECT retry_ledger.dispatch_failed('103', run_table => 'app.runs');
SELECT 'CREATE TABLE app.ran_as_superuser ()' WHERE EXISTS (SELECT FROM retry_ledger.retry_history WHERE retry_run_id = '103' AND voided_at IS NOT NULL) \gexec

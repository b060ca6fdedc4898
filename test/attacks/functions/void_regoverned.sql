-- role: owner
-- tries: retries that ran are void, refunded, and don't count: their owner declares the status in which they run an initial one
-- none: bites
-- guarded: held
-- locked: held
-- setup: SELECT set_retry_policy('app.day_runs', max_attempts => 1)
UPDATE app.day_runs SET status = 'running' WHERE id = 102;
SELECT retry_ledger.govern_runs('app.day_runs', statuses => '{"initial": ["queued", "running"], "ended": ["completed", "failed"]}');
UPDATE app.day_runs SET status = 'queued' WHERE id = 102;  -- no entry put_back
SELECT retry_ledger.govern_runs('app.day_runs', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}');
UPDATE app.runs SET status = 'running' WHERE id = 103;
SELECT retry_ledger.govern_runs('app.runs', statuses => '{"initial": ["queued", "running"], "ended": ["completed", "failed"]}');
\c - attack_app
SELECT retry_ledger.dispatch_failed('102', run_table => 'app.day_runs');
SELECT retry_ledger.dispatch_failed('103', run_table => 'app.runs');
\c - postgres
SELECT 'CREATE TABLE app.ran_as_superuser ()' WHERE EXISTS (SELECT FROM retry_ledger.retry WHERE voided_at IS NOT NULL) \gexec

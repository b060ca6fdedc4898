-- role: app
-- tries: to make a retry void that has recorded how far it has got
-- none: harmless
-- guarded: held
-- locked: held
SELECT retry_ledger.record_checkpoint('102', 'running', 'half', run_table => 'app.day_runs');
SELECT retry_ledger.dispatch_failed('102', run_table => 'app.day_runs');

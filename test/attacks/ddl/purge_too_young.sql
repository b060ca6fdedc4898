-- role: superuser
-- tries: to purge by old dates what ended today, and by a request what hasn't ended
-- none: bites
-- guarded: held
-- locked: held
SELECT retry_ledger.set_retention('app.day_runs', '30 days', 'the dates are of 2024');
SELECT retry_ledger.purge_governed('app.day_runs_2', 'old');
SELECT retry_ledger.approve_purge('app.day_runs_2');
SELECT retry_ledger.set_retention('app.day_runs', '1 microsecond', 'then for no time');
SELECT retry_ledger.purge_governed('app.day_runs_2', 'old');
SET SESSION AUTHORIZATION attack_second;
SELECT retry_ledger.approve_purge('app.day_runs_2');
DELETE FROM app.day_runs_2;

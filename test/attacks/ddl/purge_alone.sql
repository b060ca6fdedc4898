-- role: owner
-- login: attack_second
-- tries: to purge a partition alone, as two roles of one session
-- none: bites
-- guarded: held
-- locked: held
UPDATE app.day_runs SET status = 'failed' WHERE id IN (3, 102);
SELECT retry_ledger.set_retention('app.day_runs', '1 microsecond', 'mine');
SELECT retry_ledger.purge_governed('app.day_runs_1', 'mine');
SELECT retry_ledger.approve_purge('app.day_runs_1');
SET ROLE attack_owner;
SELECT retry_ledger.approve_purge('app.day_runs_1');
SELECT retry_ledger.purge_governed('app.day_runs_1', 'mine');
RESET ROLE;
SELECT retry_ledger.approve_purge('app.day_runs_1');
DROP TABLE app.day_runs_1;

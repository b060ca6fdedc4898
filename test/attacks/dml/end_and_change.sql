-- role: app
-- tries: to change a run in the statements after its end, in the transaction that ended it
-- none: bites
-- guarded: held
-- locked: held
BEGIN;
UPDATE runs SET status = 'failed', error = 'first' WHERE id = 5;
SAVEPOINT s;
UPDATE runs SET error = 'second' WHERE id = 5;
ROLLBACK TO s;
UPDATE runs SET error = 'third', status = 'completed' WHERE id = 5;
COMMIT;
BEGIN;
UPDATE runs SET status = 'failed', error = 'first' WHERE id = 5;
COMMIT;
UPDATE runs SET error = 'second' WHERE id = 5;

-- role: app
-- tries: to leave the ended status and come back with other values, in one transaction and by NULL
-- none: bites
-- guarded: held
-- locked: held
BEGIN;
UPDATE runs SET status = 'queued' WHERE id = 2;
UPDATE runs SET error = 'x' WHERE id = 2;
UPDATE runs SET status = 'failed' WHERE id = 2;
COMMIT;
UPDATE runs SET status = NULL WHERE id = 2;
UPDATE runs SET error = 'x', status = 'failed' WHERE id = 2;

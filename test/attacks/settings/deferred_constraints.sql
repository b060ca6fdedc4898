-- role: app
-- tries: SET CONSTRAINTS ALL DEFERRED, and a change at the end of the transaction
-- none: bites
-- guarded: held
-- locked: held
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
UPDATE runs SET error = 'x' WHERE id = 2;
COMMIT;
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
DELETE FROM log;
COMMIT;

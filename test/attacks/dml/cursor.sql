-- role: app
-- tries: UPDATE and DELETE ... WHERE CURRENT OF
-- none: bites
-- guarded: held
-- locked: held
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM runs WHERE id = 2 FOR UPDATE;
FETCH c;
UPDATE runs SET error = 'by cursor' WHERE CURRENT OF c;
COMMIT;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM log;
FETCH c;
DELETE FROM log WHERE CURRENT OF c;
COMMIT;

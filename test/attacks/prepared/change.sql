-- role: app
-- tries: to change what ended in a prepared transaction, and what one that is prepared has ended
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704
BEGIN;
UPDATE runs SET error = 'x' WHERE id = 2;
PREPARE TRANSACTION :'DBNAME';
COMMIT PREPARED :'DBNAME';
BEGIN;
UPDATE runs SET status = 'failed', error = 'first' WHERE id = 5;
PREPARE TRANSACTION :'DBNAME';
\c
SET lock_timeout = '100ms';
UPDATE runs SET error = 'second' WHERE id = 5;
COMMIT PREPARED :'DBNAME';
UPDATE runs SET error = 'third' WHERE id = 5;

-- role: app
-- tries: to change what ended in a prepared transaction, and what one that is prepared has ended
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704
BEGIN;
UPDATE runs SET error = 'x' WHERE id = 2;
PREPARE TRANSACTION 'attack';
COMMIT PREPARED 'attack';
BEGIN;
UPDATE runs SET status = 'failed', error = 'first' WHERE id = 5;
PREPARE TRANSACTION 'attack';
\c
SET lock_timeout = '100ms';
UPDATE runs SET error = 'second' WHERE id = 5;
COMMIT PREPARED 'attack';
UPDATE runs SET error = 'third' WHERE id = 5;

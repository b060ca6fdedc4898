-- role: owner
-- tries: DDL in a prepared transaction
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704
BEGIN;
ALTER TABLE log DISABLE TRIGGER USER;
PREPARE TRANSACTION 'attack';
COMMIT PREPARED 'attack';
BEGIN;
ALTER TABLE log RENAME COLUMN what TO which;
PREPARE TRANSACTION 'attack';
COMMIT PREPARED 'attack';
UPDATE log SET what = 'x';

-- role: owner
-- tries: DDL in a prepared transaction
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704
BEGIN;
ALTER TABLE log DISABLE TRIGGER USER;
PREPARE TRANSACTION :'DBNAME';
COMMIT PREPARED :'DBNAME';
BEGIN;
ALTER TABLE log RENAME COLUMN what TO which;
PREPARE TRANSACTION :'DBNAME';
COMMIT PREPARED :'DBNAME';
UPDATE log SET what = 'x';

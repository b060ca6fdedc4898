-- role: owner
-- tries: to rename the schema of a governed table
-- none: bites
-- guarded: held
-- locked: held
-- setup: GRANT CREATE ON DATABASE :DBNAME TO attack_owner
ALTER SCHEMA app RENAME TO gone;

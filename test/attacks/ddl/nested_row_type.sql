-- role: owner
-- tries: to drop a column of a table whose row type is inside of a column of a column
-- none: bites
-- guarded: held
-- locked: held
ALTER TABLE address DROP COLUMN town;
ALTER TABLE address RENAME COLUMN street TO road;

-- role: owner
-- tries: to turn a generated column into one that can be written
-- none: bites
-- guarded: held
-- locked: held
-- errors: 428C9
ALTER TABLE runs ALTER COLUMN words DROP EXPRESSION;
UPDATE runs SET words = 'forged' WHERE id = 2;
ALTER TABLE runs ALTER COLUMN words TYPE text;

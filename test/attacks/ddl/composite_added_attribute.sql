-- role: owner
-- tries: to add attributes to types that columns are made of
-- none: bites
-- guarded: held
-- locked: held
-- errors: 0A000
ALTER TYPE place ADD ATTRIBUTE more text;
ALTER TABLE address ADD COLUMN more text;

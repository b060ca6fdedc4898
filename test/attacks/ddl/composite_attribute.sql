-- role: owner
-- tries: to take attributes from types that columns are made of
-- none: bites
-- guarded: held
-- locked: held
-- errors: 0A000
ALTER TYPE place DROP ATTRIBUTE shades;
ALTER TYPE place RENAME ATTRIBUTE shades TO colours;
ALTER TYPE place ALTER ATTRIBUTE home TYPE text;

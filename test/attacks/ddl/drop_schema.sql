-- role: owner
-- tries: DROP SCHEMA ... CASCADE
-- none: bites
-- guarded: held
-- locked: held
DROP SCHEMA app CASCADE;

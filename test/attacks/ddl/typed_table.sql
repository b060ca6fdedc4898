-- role: owner
-- tries: to make a governed table a typed one and to change the type
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42703
CREATE TYPE log_row AS (id int, what text);
ALTER TABLE log OF log_row;
ALTER TYPE log_row RENAME ATTRIBUTE what TO something CASCADE;
ALTER TYPE log_row DROP ATTRIBUTE what CASCADE;
ALTER TYPE log_row ALTER ATTRIBUTE what TYPE varchar CASCADE;

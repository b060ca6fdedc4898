-- role: owner
-- tries: SET SCHEMA
-- none: bites
-- guarded: held
-- locked: held
ALTER TABLE runs SET SCHEMA public;
ALTER TABLE log SET SCHEMA public;
ALTER TYPE run_status SET SCHEMA public;

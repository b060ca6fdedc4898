-- role: superuser
-- tries: CREATE OR REPLACE of a guard's function
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status, content_hash
CREATE OR REPLACE FUNCTION retry_ledger.guard_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
UPDATE app.runs SET error = 'x' WHERE id = 2;

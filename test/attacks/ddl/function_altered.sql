-- role: superuser
-- tries: ALTER FUNCTION of a guard's function
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status
-- errors: 42501
ALTER FUNCTION retry_ledger.guard_remove() RENAME TO other;
ALTER FUNCTION retry_ledger.guard_change() OWNER TO attack_owner;
SET ROLE attack_owner;
CREATE OR REPLACE FUNCTION retry_ledger.guard_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
UPDATE app.runs SET error = 'x' WHERE id = 2;

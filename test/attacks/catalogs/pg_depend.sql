-- role: superuser
-- tries: to forget that functions are the extension's, and to replace one
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status
SET allow_system_table_mods = on;
DELETE FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'retry_ledger');
CREATE OR REPLACE FUNCTION retry_ledger.guard_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
UPDATE app.runs SET error = 'x' WHERE id = 2;

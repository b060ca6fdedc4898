-- role: superuser
-- tries: to disable and delete guards in pg_trigger
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status, content_hash
SET allow_system_table_mods = on;

UPDATE pg_trigger SET tgenabled = 'D' WHERE tgname = 'retry_ledger_change' AND tgrelid = 'app.runs'::regclass;
UPDATE app.runs SET error = 'x' WHERE id = 2;

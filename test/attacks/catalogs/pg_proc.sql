-- role: superuser
-- tries: to point a guard at another function
-- none: bites
-- guarded: not held
-- locked: held
-- detected: 
SET allow_system_table_mods = on;

UPDATE pg_proc SET prosrc = 'suppress_redundant_updates_trigger', probin = NULL, prolang = 12
  WHERE proname = 'guard_remove' AND pronamespace = 'retry_ledger'::regnamespace;
DELETE FROM app.runs WHERE id = 7;

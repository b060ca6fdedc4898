-- role: superuser
-- tries: to rename the schema of a table in pg_namespace
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status
SET allow_system_table_mods = on;
UPDATE pg_namespace SET nspname = 'gone' WHERE nspname = 'app';

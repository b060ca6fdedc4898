-- role: superuser
-- tries: to take a partition out of its table in pg_inherits
-- none: bites
-- guarded: not held
-- locked: held
-- detected: content_hash
SET allow_system_table_mods = on;
DELETE FROM pg_inherits WHERE inhrelid = 'app.day_runs_1'::regclass;

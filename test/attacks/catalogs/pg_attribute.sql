-- role: superuser
-- tries: to swap the names of two columns in pg_attribute
-- none: bites
-- guarded: not held
-- locked: held
-- detected: 
SET allow_system_table_mods = on;

UPDATE pg_attribute SET attname = 'was' WHERE attrelid = 'app.log'::regclass AND attname = 'what';

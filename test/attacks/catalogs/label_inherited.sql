-- role: superuser
-- tries: the labels of all databases as the child of a table of one where nothing is locked: whoever deletes from a parent needs no privilege on its children
-- none: bites
-- guarded: not held
-- locked: held
-- setup_locked: SELECT retry_ledger.lock_governance('app.log')
SELECT current_database() AS victim, current_database() || '_beside' AS beside \gset
CREATE DATABASE :"beside";
\c :beside
SET allow_system_table_mods = on;
CREATE TABLE parent (objoid oid, classoid oid, provider text COLLATE "C", label text COLLATE "C");
ALTER TABLE pg_catalog.pg_shseclabel INHERIT parent;
DELETE FROM parent;
\c postgres
DROP DATABASE :"beside";
DROP DATABASE :"victim" WITH (FORCE);

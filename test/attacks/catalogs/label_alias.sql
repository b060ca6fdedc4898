-- role: superuser
-- tries: a table, in a database where nothing is locked, whose file is that of the labels of all databases
-- none: bites
-- guarded: not held
-- locked: held
-- setup_locked: SELECT retry_ledger.lock_governance('app.log')
SELECT current_database() AS victim, current_database() || '_beside' AS beside \gset
CREATE DATABASE :"beside";
\c :beside
CREATE TABLE alias (objoid oid, classoid oid, provider text, label text);
SELECT pg_relation_filenode('pg_catalog.pg_shseclabel') AS file \gset
UPDATE pg_catalog.pg_class SET relfilenode = :file, reltablespace = 1664 WHERE oid = 'alias'::regclass;
DELETE FROM alias;
\c postgres
DROP DATABASE :"beside";
DROP DATABASE :"victim" WITH (FORCE);

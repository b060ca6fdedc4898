-- role: superuser
-- tries: TRUNCATE of the labels of all databases, from one where nothing is locked; then the database goes
-- none: bites
-- guarded: not held
-- locked: held
-- setup_locked: SELECT retry_ledger.lock_governance('app.log')
\set victim :DBNAME
\c postgres
SET allow_system_table_mods = on;
TRUNCATE pg_catalog.pg_shseclabel;
DROP DATABASE :"victim" WITH (FORCE);

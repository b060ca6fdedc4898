-- role: superuser
-- tries: pg_surgery, in a database where nothing is locked, on the labels of all databases
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42883
-- setup_locked: SELECT retry_ledger.lock_governance('app.log')
SELECT current_database() AS victim, current_database() || '_beside' AS beside \gset
CREATE DATABASE :"beside";
\c :beside
CREATE EXTENSION pg_surgery;
CREATE FUNCTION public.kill(regclass, tid[]) RETURNS void LANGUAGE C AS '$libdir/pg_surgery', 'heap_force_kill';
SELECT heap_force_kill('pg_catalog.pg_shseclabel', ARRAY(SELECT ctid FROM pg_catalog.pg_shseclabel));
SELECT kill('pg_catalog.pg_shseclabel', ARRAY(SELECT ctid FROM pg_catalog.pg_shseclabel));
\c postgres
DROP DATABASE :"beside";
DROP DATABASE :"victim" WITH (FORCE);

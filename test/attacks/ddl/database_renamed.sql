-- role: superuser
-- tries: another database under the name of the one with the facts
-- none: bites
-- guarded: not held
-- locked: held
-- setup_locked: SELECT retry_ledger.lock_governance('app.log')
-- errors: 42P04
SELECT current_database() AS name, current_database() || ' no more' AS other \gset
\c postgres
ALTER DATABASE :"name" RENAME TO :"other";
CREATE DATABASE :"name";

-- role: owner
-- login: attack_dba
-- tries: to drop the database, as its owner
-- none: bites
-- guarded: not held
-- locked: held
-- detected: 
-- setup_locked: SELECT retry_ledger.lock_governance('app.log')
-- setup: ALTER DATABASE :DBNAME OWNER TO attack_dba
\set victim :DBNAME
\c postgres
DROP DATABASE :victim WITH (FORCE);

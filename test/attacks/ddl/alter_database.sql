-- role: owner
-- login: attack_dba
-- tries: settings of the database, as its owner
-- none: bites
-- guarded: held
-- locked: held
-- setup: ALTER DATABASE :DBNAME OWNER TO attack_dba; GRANT ALL ON app.runs TO attack_dba
ALTER DATABASE :DBNAME SET session_replication_role = replica;
ALTER DATABASE :DBNAME SET search_path = pg_temp;
ALTER DATABASE :DBNAME SET row_security = off;
ALTER DATABASE :DBNAME SET retry_ledger.log_attempts = on;
\c
UPDATE app.runs SET error = 'x' WHERE id = 2;

-- role: superuser
-- tries: to crash each new session by guard_ddl_start as an event trigger at login, where no command has been parsed
-- none: harmless
-- guarded: held
-- locked: held
-- from: 17
CREATE EVENT TRIGGER boom ON login EXECUTE FUNCTION retry_ledger.guard_ddl_start();
\setenv PGDATABASE :DBNAME
\! "$ATTACK_BIN/psql" -X -c 'SELECT 1'
DROP EVENT TRIGGER IF EXISTS boom;

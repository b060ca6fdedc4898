-- role: owner
-- tries: to act as the superuser who tries the installation out, in a way that outlives the rollback
-- none: harmless
-- guarded: held
-- locked: held
CREATE SEQUENCE app.proof;
CREATE FUNCTION app.evil() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN PERFORM nextval('app.proof'); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER zzz BEFORE INSERT OR UPDATE ON app.runs FOR EACH ROW EXECUTE FUNCTION app.evil();
CREATE TRIGGER zzzz BEFORE TRUNCATE ON app.runs FOR EACH STATEMENT EXECUTE FUNCTION app.evil();
CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON app.runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.evil();
\c - postgres
SELECT * FROM retry_ledger.verify_installation('app.runs');
SELECT CASE WHEN is_called THEN 'CREATE TABLE app.ran_as_superuser ()' ELSE 'SELECT' END FROM app.proof \gexec

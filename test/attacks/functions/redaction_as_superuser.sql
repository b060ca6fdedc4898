-- role: owner
-- tries: to act as the superuser who approves a redaction: by a deferred trigger, a cursor, a setting that the table's trigger leaves to him
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION app.evil() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN CREATE TABLE IF NOT EXISTS app.ran_as_superuser (); END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION app.evil_value() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN CREATE TABLE IF NOT EXISTS app.ran_as_superuser (); END IF;
  RETURN 1;
END $$;
CREATE FUNCTION app.lower(text) RETURNS text LANGUAGE sql AS $$SELECT app.evil_value()::text$$;
CREATE FUNCTION app.leave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT app.evil_value()';
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  SET search_path = app, pg_catalog;
  RETURN NEW;
END $$;
CREATE TRIGGER leave BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION app.leave();
CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.evil();
SELECT redact_run('runs', '7', '{note}', 'it is NULL');
\c - postgres
SELECT retry_ledger.approve_redaction('app.runs', '7', '{note}');
SELECT lower('X');

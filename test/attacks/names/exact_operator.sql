-- role: superuser
-- tries: operators for exactly the types of governed columns, in a schema of the application's path
-- none: bites
-- guarded: not held
-- locked: held
SET search_path = app, retry_ledger;
CREATE FUNCTION app.lie(app.run_status, app.run_status) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION app.lie(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR app.= (LEFTARG = app.run_status, RIGHTARG = app.run_status, FUNCTION = app.lie);
CREATE OPERATOR app.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = app.lie);
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.day_runs WHERE status = 'failed') OR NOT EXISTS (SELECT FROM app.runs WHERE note = 'note 2') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

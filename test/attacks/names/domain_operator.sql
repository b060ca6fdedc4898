-- role: owner
-- tries: an operator of a domain over an enum, which enums are taken for
-- none: bites
-- guarded: not held
-- locked: held
SET search_path = app, retry_ledger;
CREATE DOMAIN app.d AS app.run_status;
CREATE FUNCTION app.lie(app.d, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR app.= (LEFTARG = app.d, RIGHTARG = text, FUNCTION = app.lie);
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.day_runs WHERE status = 'failed') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

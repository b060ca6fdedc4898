-- role: superuser
-- tries: operators between an enum, an array or a range and text, which a literal fits better than anyenum, anyarray and anyrange
-- none: bites
-- guarded: not held
-- locked: held
-- setup: ALTER TABLE app.runs ADD COLUMN labels text[] DEFAULT '{a,b}', ADD COLUMN span int4range DEFAULT '[1,5)'
SET search_path = app, retry_ledger;
CREATE FUNCTION app.lie(app.run_status, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR app.= (LEFTARG = app.run_status, RIGHTARG = text, FUNCTION = app.lie);
CREATE FUNCTION app.lie(text[], text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR app.@> (LEFTARG = text[], RIGHTARG = text, FUNCTION = app.lie);
CREATE FUNCTION app.lie(int4range, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR app.@> (LEFTARG = int4range, RIGHTARG = text, FUNCTION = app.lie);
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.day_runs WHERE status = 'failed') OR NOT EXISTS (SELECT FROM app.runs WHERE labels @> '{a}')
    OR NOT EXISTS (SELECT FROM app.runs WHERE span @> '[2,3)') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

-- role: superuser
-- tries: operators that literals and built-in types fit better: of varchar and a type of his own, of any enum, of float4 and numeric, of one type
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42704 42883 42P13
-- setup: ALTER TABLE app.runs ADD COLUMN ratio float4 DEFAULT 0.5, ADD COLUMN terms tsvector DEFAULT 'fox'
SET search_path = app, retry_ledger;
CREATE TYPE app.my;
CREATE FUNCTION app.my_in(cstring) RETURNS app.my IMMUTABLE STRICT LANGUAGE internal AS 'textin';
CREATE FUNCTION app.my_out(app.my) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'textout';
CREATE TYPE app.my (INPUT = app.my_in, OUTPUT = app.my_out, LIKE = text);
CREATE FUNCTION app.lie(varchar, app.my) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR app.= (LEFTARG = varchar, RIGHTARG = app.my, FUNCTION = app.lie);
CREATE FUNCTION app.lie(anyenum, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR app.= (LEFTARG = anyenum, RIGHTARG = text, FUNCTION = app.lie);
CREATE FUNCTION app.lie(float4, numeric) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR app.= (LEFTARG = float4, RIGHTARG = numeric, FUNCTION = app.lie);
CREATE FUNCTION app.lie(tsvector, tsvector) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR app.@@ (LEFTARG = tsvector, RIGHTARG = tsvector, FUNCTION = app.lie);
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.runs WHERE note = 'note 2') OR NOT EXISTS (SELECT FROM app.day_runs WHERE status = 'failed')
    OR NOT EXISTS (SELECT FROM app.runs WHERE ratio = 0.5) OR NOT EXISTS (SELECT FROM app.runs WHERE terms @@ 'fox') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

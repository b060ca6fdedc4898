-- role: superuser
-- tries: an opposite of an extension's operator, of a governed column's type or of text, which NOT becomes
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE EXTENSION hstore SCHEMA public; CREATE EXTENSION pg_trgm SCHEMA public; ALTER TABLE app.runs ADD COLUMN tags public.hstore DEFAULT 'a=>b'
CREATE FUNCTION public.lie(public.hstore, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR public.!? (LEFTARG = public.hstore, RIGHTARG = text, FUNCTION = public.lie, NEGATOR = OPERATOR(public.?));
CREATE FUNCTION public.lie(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR public.!<% (LEFTARG = text, RIGHTARG = text, FUNCTION = public.lie, NEGATOR = OPERATOR(public.<%));
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.runs WHERE NOT tags OPERATOR(public.?) 'x')
    OR NOT EXISTS (SELECT FROM app.runs WHERE NOT status OPERATOR(public.<%) 'something else') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

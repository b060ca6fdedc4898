-- role: superuser
-- tries: to enter operators of his own as the opposites of an extension's, which are there already
-- none: bites
-- guarded: not held
-- locked: held
-- from: 17
-- setup: CREATE EXTENSION pg_trgm SCHEMA public
CREATE FUNCTION public.lie(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR public.!<% (LEFTARG = text, RIGHTARG = text, FUNCTION = public.lie);
CREATE OPERATOR public.!%> (LEFTARG = text, RIGHTARG = text, FUNCTION = public.lie);
ALTER OPERATOR public.!<% (text, text) SET (NEGATOR = OPERATOR(public.<%));
ALTER OPERATOR public.%> (text, text) SET (NEGATOR = OPERATOR(public.!%>));
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.runs WHERE NOT status OPERATOR(public.<%) 'something else')
    OR NOT EXISTS (SELECT FROM app.runs WHERE NOT 'something else' OPERATOR(public.%>) status) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

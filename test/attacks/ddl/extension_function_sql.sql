-- role: superuser
-- tries: a function in SQL that an extension has brought, replaced
-- none: bites
-- guarded: not held
-- locked: held
CREATE EXTENSION xml2 SCHEMA public;
CREATE OR REPLACE FUNCTION public.xpath_list(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT NULL::text';
\c
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.runs WHERE public.xpath_list('<a><b>' || status || '</b></a>', '/a/b') = 'failed') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

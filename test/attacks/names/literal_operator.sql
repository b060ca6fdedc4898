-- role: owner
-- tries: operators that take literals which PostgreSQL reads as a path, a key or a number, for documents and intervals
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION public.none(jsonb, jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT NULL::text';
CREATE FUNCTION public.nothing(jsonb, jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS 'SELECT NULL::jsonb';
CREATE OPERATOR public.#>> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = public.none);
CREATE OPERATOR public.->> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = public.none);
CREATE OPERATOR public.#> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = public.nothing);
\c
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.runs WHERE doc #>> '{}' IS NOT NULL) OR NOT EXISTS (SELECT FROM app.runs WHERE doc #> '{}' IS NOT NULL) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

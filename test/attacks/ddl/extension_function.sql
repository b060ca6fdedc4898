-- role: superuser
-- tries: the functions beneath the operators of a governed column's type, which an extension has brought, replaced, and so an aggregate
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE EXTENSION citext SCHEMA public; CREATE EXTENSION hstore SCHEMA public; ALTER TABLE app.runs ADD COLUMN tags public.hstore DEFAULT 'a=>b', ADD COLUMN mail public.citext DEFAULT 'Me@x'
CREATE OR REPLACE FUNCTION public.fetchval(public.hstore, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ''forged''::text';
CREATE OR REPLACE FUNCTION public.texticlike(public.citext, public.citext) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT false';
CREATE OR REPLACE AGGREGATE public.max(public.citext) (SFUNC = public.citext_smaller, STYPE = public.citext);
ALTER FUNCTION public.texticlike(public.citext, public.citext) RENAME TO texticlike_before;
-- What shows that rows are hidden, and values forged.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.runs WHERE mail LIKE 'me@%') OR EXISTS (SELECT FROM app.runs WHERE tags OPERATOR(public.->) 'a' = 'forged')
    OR to_regprocedure('public.texticlike(public.citext, public.citext)') IS NULL
    OR (SELECT public.max(m::public.citext) FROM (VALUES ('a'), ('b')) v(m)) <> 'b' THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

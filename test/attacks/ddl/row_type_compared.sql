-- role: superuser
-- tries: a cast and a default operator class of a governed table's row type
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42883
CREATE FUNCTION public.lie(app.runs) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'nothing' $$;
CREATE CAST (app.runs AS text) WITH FUNCTION public.lie(app.runs);
CREATE FUNCTION public.eq(app.runs, app.runs) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION public.ne(app.runs, app.runs) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION public.same(app.runs, app.runs) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE OPERATOR public.~== (LEFTARG = app.runs, RIGHTARG = app.runs, FUNCTION = public.eq, MERGES);
CREATE OPERATOR public.~<< (LEFTARG = app.runs, RIGHTARG = app.runs, FUNCTION = public.ne);
CREATE OPERATOR public.~>> (LEFTARG = app.runs, RIGHTARG = app.runs, FUNCTION = public.ne);
CREATE OPERATOR CLASS public.same DEFAULT FOR TYPE app.runs USING btree AS
  OPERATOR 1 public.~<<, OPERATOR 3 public.~==, OPERATOR 5 public.~>>, FUNCTION 1 public.same(app.runs, app.runs);
\c
-- What shows that rows are hidden, or shown otherwise.
DO $$
BEGIN
  IF (SELECT count(*) FROM (SELECT DISTINCT r FROM app.runs r) d) < 2 OR EXISTS (SELECT FROM app.runs r WHERE r::text = 'nothing') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

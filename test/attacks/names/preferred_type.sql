-- role: superuser
-- tries: a type that enums, arrays and ranges are cast to implicitly, which its category prefers, with operators of its own
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42704 42883 42P13
-- setup: ALTER TABLE app.runs ADD COLUMN labels text[] DEFAULT '{a,b}'
CREATE TYPE public.my;
CREATE FUNCTION public.my_in(cstring) RETURNS public.my IMMUTABLE STRICT LANGUAGE internal AS 'textin';
CREATE FUNCTION public.my_out(public.my) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'textout';
CREATE TYPE public.my (INPUT = public.my_in, OUTPUT = public.my_out, LIKE = text, CATEGORY = 'E', PREFERRED = true);
CREATE FUNCTION public.lie(public.my, public.my) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR public.= (LEFTARG = public.my, RIGHTARG = public.my, FUNCTION = public.lie);
CREATE OPERATOR public.@> (LEFTARG = public.my, RIGHTARG = public.my, FUNCTION = public.lie);
CREATE CAST (app.run_status AS public.my) WITH INOUT AS IMPLICIT;
CREATE CAST (text[] AS public.my) WITH INOUT AS IMPLICIT;
\c
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.day_runs WHERE status = 'failed') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

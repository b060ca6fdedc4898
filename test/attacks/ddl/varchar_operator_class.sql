-- role: superuser
-- tries: a default operator class of varchar, which has none of its own, to which all values are equal
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION public.eq(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION public.ne(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION public.same(varchar, varchar) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE OPERATOR public.~== (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.eq, MERGES);
CREATE OPERATOR public.~<< (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.ne);
CREATE OPERATOR public.~>> (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.ne);
CREATE OPERATOR CLASS public.same DEFAULT FOR TYPE varchar USING btree AS
  OPERATOR 1 public.~<<, OPERATOR 3 public.~==, OPERATOR 5 public.~>>, FUNCTION 1 public.same(varchar, varchar);
\c
-- What shows that values are hidden.
DO $$
BEGIN
  IF (SELECT count(*) FROM (SELECT DISTINCT note FROM app.runs WHERE note IS NOT NULL) d) < 2 THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

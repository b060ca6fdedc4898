-- role: superuser
-- tries: a default operator class of a governed enum, to which all labels are equal
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42883
CREATE FUNCTION public.eq(app.run_status, app.run_status) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION public.ne(app.run_status, app.run_status) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION public.same(app.run_status, app.run_status) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE OPERATOR public.~== (LEFTARG = app.run_status, RIGHTARG = app.run_status, FUNCTION = public.eq, MERGES);
CREATE OPERATOR public.~<< (LEFTARG = app.run_status, RIGHTARG = app.run_status, FUNCTION = public.ne);
CREATE OPERATOR public.~>> (LEFTARG = app.run_status, RIGHTARG = app.run_status, FUNCTION = public.ne);
CREATE OPERATOR CLASS public.same DEFAULT FOR TYPE app.run_status USING btree AS
  OPERATOR 1 public.~<<, OPERATOR 3 public.~==, OPERATOR 5 public.~>>,
  FUNCTION 1 public.same(app.run_status, app.run_status);

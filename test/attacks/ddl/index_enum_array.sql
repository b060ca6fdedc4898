-- role: superuser
-- tries: a partial index that compares arrays of an enum of his own, whose default operator class changes
-- none: bites
-- guarded: not held
-- locked: held
CREATE TYPE public.e AS ENUM ('a', 'b');
CREATE FUNCTION public.eq(public.e, public.e) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN false; END';
CREATE FUNCTION public.ne(public.e, public.e) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION public.same(public.e, public.e) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE OPERATOR public.~== (LEFTARG = public.e, RIGHTARG = public.e, FUNCTION = public.eq, MERGES);
CREATE OPERATOR public.~<< (LEFTARG = public.e, RIGHTARG = public.e, FUNCTION = public.ne);
CREATE OPERATOR public.~>> (LEFTARG = public.e, RIGHTARG = public.e, FUNCTION = public.ne);
CREATE OPERATOR CLASS public.same DEFAULT FOR TYPE public.e USING btree AS
  OPERATOR 1 public.~<<, OPERATOR 3 public.~==, OPERATOR 5 public.~>>, FUNCTION 1 public.same(public.e, public.e);
\c
CREATE INDEX mine ON app.runs (id) WHERE status = 'queued' OR ARRAY['a'::public.e] = ARRAY['a'::public.e];
CREATE OR REPLACE FUNCTION public.eq(public.e, public.e) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END';
ALTER DATABASE :"DBNAME" SET enable_seqscan = off;

-- role: superuser
-- tries: a function of pg_surgery where functions are called without asking hooks: as the comparison of an index
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42883 42704
-- detected: content_hash
CREATE FUNCTION public.compare(oid, tid[]) RETURNS int LANGUAGE C AS '$libdir/pg_surgery', 'heap_force_kill';
CREATE FUNCTION public.same(oid, tid[]) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END';
CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = tid[], FUNCTION = public.same);
CREATE OPERATOR FAMILY public.surgery USING btree;
CREATE OPERATOR CLASS public.surgery FOR TYPE oid USING btree FAMILY public.surgery AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btoidcmp(oid, oid);
ALTER OPERATOR FAMILY public.surgery USING btree ADD OPERATOR 3 public.= (oid, tid[]), FUNCTION 1 (oid, tid[]) public.compare(oid, tid[]);
CREATE TABLE public.victims (relation oid);
INSERT INTO public.victims VALUES ('app.runs'::regclass);
CREATE INDEX ON public.victims (relation public.surgery);
SET enable_seqscan = off; SET enable_bitmapscan = off;
SELECT ctid FROM app.runs WHERE id = 7 \gset
SELECT * FROM public.victims WHERE relation OPERATOR(public.=) ARRAY[:'ctid'::tid];

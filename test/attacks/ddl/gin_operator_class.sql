-- role: superuser
-- tries: a GIN operator class whose compare function lies
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42704
CREATE EXTENSION btree_gin SCHEMA public;
CREATE FUNCTION public.never(text, text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
CREATE OPERATOR CLASS public.lie FOR TYPE text USING gin AS OPERATOR 3 =, FUNCTION 1 public.never(text,text),
 FUNCTION 2 public.gin_extract_value_text(text, internal), FUNCTION 3 public.gin_extract_query_text(text, internal, int2, internal, internal),
 FUNCTION 4 public.gin_btree_consistent(internal, int2, anyelement, int4, internal, internal), FUNCTION 5 public.gin_compare_prefix_text(text,text,int2,internal), STORAGE text;
CREATE INDEX ON app.tenant_runs USING gin (status public.lie);
ALTER DATABASE :"DBNAME" SET enable_seqscan = off;
ALTER DATABASE :"DBNAME" SET jit = off;

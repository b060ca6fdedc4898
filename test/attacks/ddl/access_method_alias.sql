-- role: superuser
-- tries: an access method that is another one by a new name, with a lying operator class
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42704
CREATE ACCESS METHOD other TYPE INDEX HANDLER hashhandler;
CREATE FUNCTION public.lie(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
CREATE OPERATOR CLASS public.never FOR TYPE text USING other AS OPERATOR 1 =, FUNCTION 1 public.lie(text);
CREATE INDEX ON app.tenant_runs USING other (status public.never);
CREATE OR REPLACE FUNCTION public.lie(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END';
ALTER DATABASE :"DBNAME" SET enable_seqscan = off;
ALTER DATABASE :"DBNAME" SET jit = off;

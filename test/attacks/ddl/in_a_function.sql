-- role: owner
-- tries: DDL in functions, blocks, dynamic SQL, CREATE SCHEMA and SECURITY DEFINER
-- none: bites
-- guarded: held
-- locked: held
-- setup: GRANT CREATE ON DATABASE :DBNAME TO attack_owner
DO 'BEGIN EXECUTE ''ALTER TABLE app.runs DISABLE TRIGGER USER''; END';
CREATE FUNCTION public.weaken() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN
  CREATE TABLE public.innocent (x int); DROP TABLE public.innocent; ALTER TABLE app.log DISABLE TRIGGER USER; END';
SELECT public.weaken();
CREATE PROCEDURE public.steps() LANGUAGE plpgsql AS 'BEGIN
  CREATE TABLE public.innocent (x int); COMMIT; ALTER TABLE app.log DROP COLUMN what; COMMIT; END';
CALL public.steps();
CREATE SCHEMA other CREATE TABLE child () INHERITS (app.runs);
UPDATE app.log SET what = 'x';

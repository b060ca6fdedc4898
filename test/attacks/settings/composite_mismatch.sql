-- role: superuser
-- tries: to read a number as an address, and with it the session's memory, where hooks are: values of a composite type that is altered within the statement
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 55000 42804 XX000 42704
SELECT count(*) AS there FROM pg_settings WHERE name = 'composite_type_mismatch' \gset
CREATE TYPE public.t AS (a int8, b int8);
CREATE FUNCTION public.other() RETURNS int LANGUAGE plpgsql AS $$ BEGIN ALTER TYPE public.t ALTER ATTRIBUTE a TYPE bytea; RETURN 1; END $$;
CREATE FUNCTION public.unsafe() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('composite_type_mismatch', true) $$;
SET composite_type_mismatch = disabled;
SELECT set_config('composite_type_mismatch', 'warn', false) WHERE :there = 1;
ALTER ROLE attack_app SET composite_type_mismatch = 'disabled';
ALTER FUNCTION public.unsafe() SET composite_type_mismatch = 'disabled';
-- 10 bytes of text: 44 = 4 * (10 + 1)
SELECT 'CREATE TABLE app.ran_as_superuser ()' FROM (SELECT public.other(), s.x::text FROM (SELECT ROW(44, 2)::public.t AS x OFFSET 0) s) z WHERE x ~ 'x' \gexec
SELECT 'CREATE TABLE IF NOT EXISTS app.ran_as_superuser ()' WHERE public.unsafe() <> 'error' \gexec

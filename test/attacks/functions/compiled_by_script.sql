-- role: superuser
-- tries: to have an extension's script declare its functions in C for other types than it means: by the search path while it runs, by types that take the names of its own before, meanwhile, and between two versions
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42710
-- setup: CREATE SCHEMA public2; CREATE EXTENSION hstore SCHEMA public2 VERSION '1.5'
CREATE SCHEMA mine;
CREATE SCHEMA target;
CREATE DOMAIN mine.citext AS int8;
CREATE DOMAIN mine.cstring AS int8;
CREATE FUNCTION mine.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('my.way', true) = 'path' THEN
    PERFORM set_config('search_path', 'mine, pg_catalog', false);
  ELSIF current_setting('my.way', true) = 'type' AND tg_tag = 'CREATE TYPE'
    AND EXISTS (SELECT FROM pg_type WHERE typname = 'citext' AND typnamespace = 'target'::regnamespace AND typisdefined) THEN
    PERFORM set_config('my.way', '', false);
    DROP TYPE target.citext CASCADE;
    CREATE DOMAIN target.citext AS int8;
  END IF;
  IF EXISTS (SELECT FROM pg_proc WHERE probin LIKE '%citext' AND proargtypes::text LIKE ANY (SELECT oid || '%' FROM pg_type WHERE typtype = 'd'))
    AND to_regclass('app.ran_as_superuser') IS NULL THEN
    CREATE TABLE app.ran_as_superuser ();
    RAISE WARNING 'declared';
  END IF;
END $$;
CREATE EVENT TRIGGER meddle ON ddl_command_end WHEN TAG IN ('CREATE TYPE', 'CREATE FUNCTION') EXECUTE FUNCTION mine.meddle();
SET my.way = 'path';
CREATE EXTENSION citext SCHEMA target;
RESET search_path;
SET my.way = 'type';
CREATE EXTENSION citext SCHEMA target;
SET my.way = '';
DROP EVENT TRIGGER meddle;
-- Between two versions.
ALTER TYPE public2.hstore RENAME TO hstore_;
CREATE DOMAIN public2.hstore AS int8;
ALTER EXTENSION hstore UPDATE TO '1.6';
ALTER EXTENSION hstore DROP TYPE public2.hstore;
SELECT format('CREATE TABLE app.ran_as_superuser (); -- %s', oid::regprocedure) FROM pg_proc WHERE prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')
    AND proargtypes::text LIKE ANY (SELECT oid || '%' FROM pg_type WHERE typtype = 'd' AND oid >= 16384) LIMIT 1 \gexec

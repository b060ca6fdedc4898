-- role: superuser
-- tries: to have an extension's script declare its functions in C for other types than it means: by the search path while it runs, by types that take the names of its own meanwhile, by completing its own type, and between two versions
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42710
-- setup: CREATE SCHEMA public2; CREATE EXTENSION hstore SCHEMA public2 VERSION '1.5'
CREATE SCHEMA mine;
CREATE SCHEMA target;
CREATE SEQUENCE mine.seen;  -- it stays when the script fails
CREATE DOMAIN mine.citext AS int8;
CREATE DOMAIN mine.cstring AS int8;
CREATE FUNCTION mine.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made oid;
BEGIN
  SELECT oid FROM pg_type WHERE typname = 'citext' AND typnamespace = 'target'::regnamespace INTO made;
  IF current_setting('my.way', true) = 'path' THEN
    PERFORM set_config('search_path', 'mine, pg_catalog', false);
  ELSIF current_setting('my.way', true) = 'type' AND EXISTS (SELECT FROM pg_type WHERE oid = made AND typisdefined) THEN
    PERFORM set_config('my.way', '', false);
    DROP TYPE target.citext CASCADE;
    CREATE DOMAIN target.citext AS int8;
  ELSIF current_setting('my.way', true) = 'storage' AND EXISTS (SELECT FROM pg_proc WHERE proname = 'citextsend') THEN
    PERFORM set_config('my.way', '', false);
    CREATE TYPE target.citext (INPUT = target.citextin, OUTPUT = target.citextout, INTERNALLENGTH = 512, ALIGNMENT = double);
    PERFORM nextval('mine.seen');
  END IF;
  IF EXISTS (SELECT FROM pg_proc, unnest(proargtypes) a WHERE probin LIKE '%citext' AND (SELECT typtype FROM pg_type WHERE oid = a) = 'd')
    OR EXISTS (SELECT FROM pg_proc, unnest(proargtypes) a WHERE proname IN ('citextin', 'citextout') AND (SELECT typtype FROM pg_type WHERE oid = a) = 'd') THEN
    PERFORM nextval('mine.seen');
  END IF;
END $$;
CREATE EVENT TRIGGER meddle ON ddl_command_end WHEN TAG IN ('CREATE TYPE', 'CREATE FUNCTION') EXECUTE FUNCTION mine.meddle();
SET my.way = 'path';
CREATE EXTENSION citext SCHEMA target;
RESET search_path;
SELECT 'CREATE TABLE IF NOT EXISTS app.ran_as_superuser (); -- by the path' FROM mine.seen WHERE is_called \gexec
SET my.way = 'type';
CREATE EXTENSION citext SCHEMA target;
SELECT 'CREATE TABLE IF NOT EXISTS app.ran_as_superuser (); -- by a type' FROM mine.seen WHERE is_called \gexec
SET my.way = 'storage';
CREATE EXTENSION citext SCHEMA target;
SELECT 'CREATE TABLE IF NOT EXISTS app.ran_as_superuser (); -- by storage' FROM mine.seen WHERE is_called \gexec
DROP EVENT TRIGGER meddle;
-- A table's rows.
CREATE FUNCTION mine.shadow() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('my.way', true) = 'table' THEN
    PERFORM set_config('my.way', '', false);
    CREATE TABLE target.seg (a bytea);
  ELSIF EXISTS (SELECT FROM pg_proc WHERE proname = 'seg_out' AND proargtypes[0] = to_regtype('target.seg')
      AND (SELECT typtype FROM pg_type WHERE oid = to_regtype('target.seg')) = 'c') THEN
    PERFORM nextval('mine.seen');
  END IF;
END $$;
CREATE EVENT TRIGGER before_it ON ddl_command_start WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION mine.shadow();
CREATE EVENT TRIGGER after_it ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION mine.shadow();
SET my.way = 'table';
CREATE EXTENSION seg SCHEMA target;
DROP EVENT TRIGGER before_it;
DROP EVENT TRIGGER after_it;
SELECT 'CREATE TABLE IF NOT EXISTS app.ran_as_superuser (); -- by rows' FROM mine.seen WHERE is_called \gexec
-- Between two versions.
ALTER TYPE public2.hstore RENAME TO hstore_;
CREATE DOMAIN public2.hstore AS int8;
ALTER EXTENSION hstore UPDATE TO '1.6';
SELECT format('CREATE TABLE IF NOT EXISTS app.ran_as_superuser (); -- %s', oid::regprocedure) FROM pg_proc WHERE prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')
    AND proargtypes::text LIKE ANY (SELECT oid || '%' FROM pg_type WHERE typtype = 'd' AND oid >= 16384) LIMIT 1 \gexec

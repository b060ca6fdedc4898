-- role: superuser
-- tries: a function in C of a library that is there, declared immutable though it reads a setting, also as an extension's
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42883
-- setup: CREATE EXTENSION pg_trgm SCHEMA public
CREATE FUNCTION public.lim() RETURNS real IMMUTABLE LANGUAGE c AS '$libdir/pg_trgm', 'show_limit';
CREATE FUNCTION public.like_enough(text, text) RETURNS boolean IMMUTABLE LANGUAGE c AS '$libdir/pg_trgm', 'similarity_op';
ALTER EXTENSION pg_trgm ADD FUNCTION public.lim();
ALTER EXTENSION pg_trgm ADD FUNCTION public.like_enough(text, text);
ALTER FUNCTION public.show_limit() IMMUTABLE;
-- Another way to make it an extension's: while one is created.
CREATE FUNCTION public.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_regprocedure('public.similar_enough(text, text)') IS NULL THEN
    CREATE FUNCTION public.similar_enough(text, text) RETURNS boolean IMMUTABLE LANGUAGE c AS '$libdir/pg_trgm', 'similarity_op';
  END IF;
END $$;
CREATE EVENT TRIGGER aaa ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.meddle();
CREATE EXTENSION citext SCHEMA public;
DROP EVENT TRIGGER aaa;
LOAD '$libdir/pg_trgm';
SET pg_trgm.similarity_threshold = 0.1;
CREATE INDEX mine ON app.runs (status) WHERE public.lim() > 0.2::real;
CREATE INDEX ours ON app.runs (status) WHERE public.show_limit() > 0.2::real;
SET pg_trgm.similarity_threshold = 0.9;
CREATE INDEX alike ON app.runs (status) WHERE public.like_enough(status, 'failed!') OR public.similar_enough(status, 'failed!');
SELECT format('ALTER DATABASE %I SET enable_seqscan = off', current_database()) \gexec
SELECT format('ALTER DATABASE %I SET jit = off', current_database()) \gexec
\c
LOAD '$libdir/pg_trgm';
SET enable_seqscan = off;
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.runs WHERE status = 'failed') OR EXISTS (SELECT FROM pg_catalog.pg_depend
      WHERE deptype = 'e' AND objid = ANY (ARRAY[to_regprocedure('public.lim()'), to_regprocedure('public.like_enough(text, text)'),
      to_regprocedure('public.similar_enough(text, text)')]::oid[])) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

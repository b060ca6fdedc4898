-- Destructors run, nothing leaks, and the backend stays usable, whatever is raised wherever.
CREATE TABLE objects AS SELECT alive AS before FROM boundary_live_objects();

-- an ERROR through three C++ frames with 13 objects alive
SELECT boundary_frames('SELECT 1/0');
SELECT constructed >= 13 AS constructed, alive - before AS left_alive FROM boundary_live_objects(), objects;
-- the same without one
SELECT boundary_frames('SELECT 1');
SELECT alive - before AS left_alive FROM boundary_live_objects(), objects;
-- the same raised by C++ that was called by SQL that was called by C++
SELECT boundary_frames($$SELECT boundary_throw('int')$$);
SELECT alive - before AS left_alive FROM boundary_live_objects(), objects;

-- a timeout stays 57014, and so does a cancel
SET statement_timeout = '100ms';
SELECT boundary_frames('SELECT pg_sleep(60)');
RESET statement_timeout;
SELECT boundary_frames('SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)');
\echo :LAST_ERROR_SQLSTATE
SELECT alive - before AS left_alive FROM boundary_live_objects(), objects;
-- a subtransaction of ours swallows neither
SET statement_timeout = '100ms';
SELECT * FROM boundary_try('SELECT pg_sleep(60)');
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
SELECT * FROM boundary_try('SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)');
\echo :LAST_ERROR_SQLSTATE
SELECT alive - before AS left_alive FROM boundary_live_objects(), objects;

-- an error inside a subtransaction of plpgsql; SPI is usable afterwards, in the handler and after it
DO $$
BEGIN
  BEGIN
    PERFORM boundary_frames('SELECT 1/0');
  EXCEPTION WHEN division_by_zero THEN
    RAISE NOTICE 'in the handler: %', boundary_run('SELECT 1');
  END;
  RAISE NOTICE 'after it: %', boundary_run('SELECT 2');
END $$;
SELECT boundary_run('SELECT 3');

-- C++ → SPI → plpgsql → C++ → SPI → …, with an error at the bottom, caught half-way or not at all
CREATE FUNCTION nested(depth int, catch_at int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF depth = 0 THEN RETURN (1/0)::text; END IF;
  IF depth = catch_at THEN
    BEGIN
      RETURN boundary_run(format('SELECT nested(%s, %s)', depth - 1, catch_at));
    EXCEPTION WHEN division_by_zero THEN
      RETURN 'caught at depth ' || depth || ', ' || boundary_run('SELECT 4');
    END;
  END IF;
  RETURN boundary_run(format('SELECT nested(%s, %s)', depth - 1, catch_at));
END $$;
SELECT boundary_run('SELECT nested(10, 5)');
\set SHOW_CONTEXT never
SELECT boundary_run('SELECT nested(10, 99)');
SELECT alive - before AS left_alive FROM boundary_live_objects(), objects;

-- a subtransaction of ours: what failed is undone, what didn't is kept unless it was a trial
CREATE TABLE kept (v text);
SELECT sqlstate, message FROM boundary_try('INSERT INTO public.kept VALUES (''kept'')');
SELECT sqlstate, message FROM boundary_try('INSERT INTO public.kept VALUES (''trial'')', false);
SELECT sqlstate, message FROM boundary_try(
  'WITH i AS (INSERT INTO public.kept VALUES (''undone'') RETURNING v) SELECT 1/length(replace(v, ''undone'', '''')) FROM i');
SELECT * FROM boundary_try($$SELECT public.boundary_throw('error')$$);
SELECT sqlstate, message FROM boundary_try($$SELECT public.boundary_try('SELECT 1/0')$$);
SELECT * FROM kept;
SELECT current_user = session_user AS same_role;
-- within a caller's savepoint
BEGIN;
SAVEPOINT s;
INSERT INTO kept VALUES ('savepoint');
SELECT sqlstate FROM boundary_try('SELECT 1/0');
SELECT boundary_frames('SELECT 1/0');
ROLLBACK TO s;
SELECT sqlstate FROM boundary_try('INSERT INTO public.kept VALUES (''in the transaction'')');
COMMIT;
SELECT * FROM kept;
SELECT alive - before AS left_alive FROM boundary_live_objects(), objects;

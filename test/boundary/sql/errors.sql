-- An exception of each kind becomes the right ERROR, with every field.
CREATE EXTENSION retry_ledger_boundary;
\set VERBOSITY default

-- what a client gets
SELECT boundary_throw('refusal');
SELECT boundary_throw('bad_alloc');
SELECT boundary_throw('std::exception');
SELECT boundary_throw('huge allocation');
SELECT boundary_throw('int');

-- every field, for each kind
CREATE FUNCTION fields(kind text, OUT code text, OUT message text, OUT detail text, OUT hint text,
                       OUT schema_name text, OUT table_name text, OUT column_name text, OUT type_name text,
                       OUT constraint_name text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM boundary_throw(kind);
EXCEPTION WHEN others THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT, schema_name = SCHEMA_NAME, table_name = TABLE_NAME, column_name = COLUMN_NAME,
    type_name = PG_DATATYPE_NAME, constraint_name = CONSTRAINT_NAME;
END $$;
SELECT kind, (fields(kind)).* FROM unnest(ARRAY['postgres', 'error', 'bare error', 'refusal', 'bad_alloc',
  'std::exception', 'int']) kind;

-- a message longer than fits is cut, and is an error like any other
SELECT code, length(message) FROM fields('long error');
-- between characters (1 + 2n bytes)
SELECT code, octet_length(message), right(message, 1) = U&'\00fc' AS whole FROM fields('long umlauts');

-- an error of PostgreSQL keeps DETAIL, constraint, CONTEXT and where it was raised
CREATE TABLE once (id int CONSTRAINT once_key PRIMARY KEY);
INSERT INTO once VALUES (1);
SELECT boundary_run('INSERT INTO once VALUES (1)');
SELECT * FROM boundary_location('INSERT INTO once VALUES (1)');
SELECT file, function FROM boundary_location($$SELECT boundary_run('INSERT INTO once VALUES (1)')$$);
SELECT * FROM boundary_try($$SELECT public.boundary_run('SELECT public.boundary_run(''INSERT INTO public.once VALUES (1)'')')$$);
-- its internal query and position as well
SELECT boundary_run('SELECT no_such_column');

-- a role and a search_path that were changed for a while are back after an error
CREATE ROLE regress_boundary_caller;
GRANT SELECT ON once TO regress_boundary_caller;
SET ROLE regress_boundary_caller;
SET search_path = public, pg_temp;
SELECT boundary_scopes('SELECT (current_user <> ''regress_boundary_caller'') || '' '' || current_setting(''search_path'')');
SELECT boundary_scopes('SELECT 1/0');
SELECT current_user, current_setting('search_path');
DO $$
BEGIN
  PERFORM boundary_scopes('SELECT 1/0');
EXCEPTION WHEN division_by_zero THEN
  RAISE NOTICE '% %', current_user, current_setting('search_path');
END $$;
RESET ROLE;
RESET search_path;
REVOKE ALL ON once FROM regress_boundary_caller;
DROP ROLE regress_boundary_caller;

-- arguments declared "any"
CREATE DOMAIN run_id AS int;
SELECT boundary_any('literal'), boundary_any(NULL) IS NULL AS null, boundary_any(1), boundary_any(2::bigint),
  boundary_any('00000000-0000-0000-0000-000000000000'::uuid), boundary_any('t'::text), boundary_any(3::run_id),
  boundary_any(ARRAY[1, 2]);
PREPARE untyped AS SELECT boundary_any($1);
DROP DOMAIN run_id;

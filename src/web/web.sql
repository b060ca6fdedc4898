-- create_api_schema: a schema of thin functions that PostgREST, or whatever else calls by name, can expose.
--   name  of the schema: a new one, or one of the caller's that this function has made, which is brought up to date
-- For each function that applications call there is one of the same name and arguments, without overloads: run_id
-- and run_table are text, and the answer is jsonb: an object where there is one row (null for none), an array where
-- there may be many.  They run as their caller, with its search_path, and may be executed by whoever may execute what
-- they call.  They are ordinary objects of whoever calls: a dump has them, DROP SCHEMA removes them.
-- Result: a row for each function: created, replaced (its grants stay) or dropped.
-- Errors: 42P06 if a schema of that name isn't one of these; 42723 if another function is in the way; 42501 if the
-- schema or one of its functions isn't the caller's own, superuser or not.
-- Who may call: whoever may create schemas in the database.
CREATE FUNCTION @extschema@.create_api_schema(name text, OUT function text, OUT action text)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'create_api_schema' LANGUAGE C VOLATILE ROWS 25;
COMMENT ON FUNCTION @extschema@.create_api_schema IS 'a schema of thin functions with jsonb answers, for PostgREST';

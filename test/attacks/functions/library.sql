-- role: superuser
-- tries: functions of libraries that come with the server, declared with other arguments: the session's memory is read and written by them
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION app.peek(int8) RETURNS uuid LANGUAGE c STRICT AS '$libdir/hstore', 'ghstore_decompress';
CREATE FUNCTION app.poke(text, int8) RETURNS int8 LANGUAGE c STRICT AS '$libdir/pg_trgm', 'gin_extract_value_trgm';
SELECT 'CREATE TABLE app.ran_as_superuser ()' WHERE EXISTS (
  SELECT FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE lanname = 'c' AND p.pronamespace = 'app'::regnamespace) \gexec

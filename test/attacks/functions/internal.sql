-- role: superuser
-- tries: functions of PostgreSQL's own, declared with arguments that they don't take: the session's memory, where hooks are, is read and written by them
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION app.addr(text) RETURNS int8 LANGUAGE internal AS 'int8up';
CREATE OR REPLACE FUNCTION app.peek(int8) RETURNS cstring LANGUAGE internal AS 'uuid_out';
CREATE FUNCTION app.poke(int4[], int8, int8) RETURNS int8 LANGUAGE internal AS 'ginarrayextract';
SELECT 'CREATE TABLE app.ran_as_superuser ()' WHERE EXISTS (
  SELECT FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE lanname = 'internal' AND p.pronamespace = 'app'::regnamespace) \gexec

-- role: superuser
-- tries: to have the update script of an extension make an operator class of the wrong function: two exchange their names for a while
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42883 42723
-- setup: CREATE EXTENSION btree_gist VERSION '1.2' SCHEMA public; CREATE EXTENSION hstore VERSION '1.5' SCHEMA public
ALTER FUNCTION public.gbt_decompress(internal) RENAME TO aside;
ALTER FUNCTION public.gbt_var_fetch(internal) RENAME TO gbt_decompress;
ALTER EXTENSION btree_gist UPDATE TO '1.3';
CREATE SCHEMA aside;
ALTER TYPE public.hstore SET SCHEMA aside;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' FROM pg_amproc WHERE amproc = to_regprocedure('public.gbt_decompress(internal)') AND amprocnum = 4
  AND (SELECT prosrc FROM pg_proc WHERE oid = amproc) <> 'gbt_decompress' LIMIT 1 \gexec
SELECT 'CREATE TABLE app.ran_as_superuser ()' WHERE to_regtype('aside.hstore') IS NOT NULL \gexec

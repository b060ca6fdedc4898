-- role: superuser
-- tries: a table in pg_catalog, which is searched first, with the name of one that has facts
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42P01
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.runs (id bigint, status text);
GRANT SELECT ON pg_catalog.runs TO PUBLIC;
\c
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM runs) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

-- role: superuser
-- tries: another collation under the name of one of PostgreSQL's
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42710
ALTER COLLATION pg_catalog."C" RENAME TO "C no more";
CREATE COLLATION pg_catalog."C" (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
\c
-- What shows that other rows are found.
DO $$
BEGIN
  IF EXISTS (SELECT FROM app.runs WHERE error = 'AGAIN' COLLATE pg_catalog."C") THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

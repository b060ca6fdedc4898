-- role: superuser
-- tries: NOT NULL of a column that has NULLs, proven by a CHECK that says something else under another setting
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704
SET extra_float_digits = 0;
ALTER TABLE app.runs ADD CONSTRAINT mine CHECK (error IS NOT NULL OR (0.1::float8 + 0.2::float8)::text = '0.3');
\c
ALTER TABLE app.runs ALTER COLUMN error SET NOT NULL;
ALTER TABLE app.runs DROP CONSTRAINT mine;
-- PostgreSQL would go by it, rather than by the row.
DO $$
BEGIN
  IF (SELECT attnotnull FROM pg_attribute WHERE attrelid = 'app.runs'::regclass AND attname = 'error') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

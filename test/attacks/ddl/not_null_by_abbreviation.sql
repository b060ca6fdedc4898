-- role: owner
-- tries: NOT NULL over rows that have NULL, by a CHECK that goes by an abbreviation of a time zone; a query for NULL then finds none
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704
SET timezone_abbreviations = 'Default';
ALTER TABLE app.runs ADD CONSTRAINT mine CHECK (error IS NOT NULL OR timestamp '2024-01-01 00:00' AT TIME ZONE 'IST' > timestamptz '2023-12-31 20:00+00');
SET timezone_abbreviations = 'India';
ALTER TABLE app.runs ALTER COLUMN error SET NOT NULL;
DO $$
BEGIN
  IF (SELECT attnotnull FROM pg_attribute WHERE attrelid = 'app.runs'::regclass AND attname = 'error') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

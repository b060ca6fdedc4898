-- role: superuser
-- tries: what an extension's GIN indexes can do without is taken out of its operator family: they find nothing
-- none: bites
-- guarded: not held
-- locked: held
CREATE EXTENSION btree_gin SCHEMA public;
CREATE TABLE app.numbers (number int);
SELECT retry_ledger.govern_append_only('app.numbers');
INSERT INTO app.numbers SELECT generate_series(1, 100);
CREATE INDEX numbers_gin ON app.numbers USING gin (number);
ALTER OPERATOR FAMILY public.int4_ops USING gin DROP FUNCTION 5 (int, int);
\c
SET enable_seqscan = off;
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.numbers WHERE number < 5) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

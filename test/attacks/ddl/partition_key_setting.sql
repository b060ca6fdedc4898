-- role: superuser
-- tries: a partition whose own key says something else under another setting
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42P01 23514
CREATE TABLE app.steps (id int, day date) PARTITION BY RANGE (day);
SELECT retry_ledger.govern_append_only('app.steps');
CREATE TABLE app.steps_1 PARTITION OF app.steps FOR VALUES FROM ('2024-05-01') TO ('2024-06-01')
  PARTITION BY LIST ((CASE WHEN (0.1::float8 + 0.2::float8)::text = '0.3' THEN 0 ELSE id END));
CREATE TABLE app.steps_1a PARTITION OF app.steps_1 FOR VALUES IN (0);
CREATE TABLE app.steps_1b PARTITION OF app.steps_1 DEFAULT;
\c
SET extra_float_digits = 0;
INSERT INTO app.steps VALUES (500, '2024-05-05');
\c
-- What shows that a row is hidden.
DO $$
BEGIN
  IF EXISTS (SELECT FROM app.steps) AND NOT EXISTS (SELECT FROM app.steps WHERE id = 500) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

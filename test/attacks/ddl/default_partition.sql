-- role: owner
-- tries: a partition beside a default one that has its rows: a CHECK has proven that it doesn't
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704
SET extra_float_digits = 0;
ALTER TABLE app.day_runs_2a ADD CONSTRAINT mine CHECK (day < '2000-01-01' OR (0.1::float8 + 0.2::float8)::text = '0.3');
\c
CREATE TABLE app.day_runs_2b PARTITION OF app.day_runs_2 FOR VALUES IN ('2024-02-05');
CREATE TABLE app.day_runs_2c (LIKE app.day_runs INCLUDING ALL);
ALTER TABLE app.day_runs_2 ATTACH PARTITION app.day_runs_2c FOR VALUES IN ('2024-02-05');
ALTER TABLE app.day_runs_2a DROP CONSTRAINT mine;
DO $$BEGIN IF NOT EXISTS (SELECT FROM app.day_runs WHERE day = '2024-02-05') THEN REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;

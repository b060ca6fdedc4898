-- role: owner
-- tries: write to a leaf of a tree that is being attached, before it has its triggers, decide by what stands there, and truncate it while another leaf is seen to
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO app.days VALUES ('2023-12-05'), ('2023-12-15');
CREATE FUNCTION app.deed() RETURNS void LANGUAGE plpgsql VOLATILE AS $$ BEGIN
  PERFORM set_config('app.armed', '0', false);
  INSERT INTO app.day_runs (id, day, status, error, attempt) VALUES (3, '2023-12-05', 'failed', 'never', 1);
  INSERT INTO app.day_runs (id, day, parent_run_id) VALUES (303, '2024-01-05', 3);
  TRUNCATE app.a1;
EXCEPTION WHEN object_in_use THEN NULL;  -- not yet
END $$;
CREATE FUNCTION app.arm(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
  IF pg_catalog.current_setting('app.armed', true) = '1' THEN PERFORM app.deed(); END IF; RETURN 1; END $$;
CREATE INDEX ON app.day_runs ((id + app.arm('x')));
CREATE INDEX ON app.day_runs (note);
BEGIN;
CREATE TABLE app.a (LIKE app.day_runs INCLUDING DEFAULTS) PARTITION BY RANGE (day);
CREATE TABLE app.a1 PARTITION OF app.a FOR VALUES FROM ('2023-12-01') TO ('2023-12-10');
CREATE TABLE app.a2 PARTITION OF app.a FOR VALUES FROM ('2023-12-10') TO ('2024-01-01');
SET LOCAL app.armed = '1';
ALTER TABLE app.day_runs ATTACH PARTITION app.a FOR VALUES FROM ('2023-12-01') TO ('2024-01-01');
COMMIT;
SELECT id, day, status, parent_run_id, attempt FROM app.day_runs ORDER BY id;

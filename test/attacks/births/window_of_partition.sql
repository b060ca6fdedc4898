-- role: owner
-- tries: write to a new partition before it has its triggers, and decide by what stands there
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO app.days VALUES ('2023-12-05') ON CONFLICT DO NOTHING;
CREATE SEQUENCE app.ticks;
CREATE FUNCTION app.deed() RETURNS void LANGUAGE plpgsql VOLATILE AS $$ BEGIN
  INSERT INTO app.day_runs (id, day, status, error, attempt) VALUES (3, '2023-12-05', 'failed', 'never', 1);
  INSERT INTO app.day_runs (id, day, parent_run_id) VALUES (303, '2024-01-05', 3);
  DELETE FROM app.p3;
END $$;
CREATE FUNCTION app.arm(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
  IF pg_catalog.current_setting('app.doit', true) IS NOT NULL AND pg_catalog.nextval('app.ticks') = 1 THEN
    PERFORM app.deed(); END IF; RETURN 1; END $$;
CREATE INDEX ON app.day_runs ((id + app.arm('x')));
CREATE INDEX ON app.day_runs (note);
\c - attack_owner
SET app.doit = 'yes';
CREATE TABLE app.p3 PARTITION OF app.day_runs FOR VALUES FROM ('2023-12-01') TO ('2024-01-01');
SELECT id, day, status, parent_run_id, attempt FROM app.day_runs ORDER BY id;

-- role: owner
-- tries: truncate a partition in the command that makes it, before it has that guard
-- none: harmless
-- guarded: held
-- locked: held
-- setup: GRANT CREATE ON DATABASE :DBNAME TO attack_owner
INSERT INTO app.days VALUES ('2023-12-05') ON CONFLICT DO NOTHING;
CREATE SEQUENCE app.ticks;
CREATE FUNCTION app.deed() RETURNS void LANGUAGE plpgsql VOLATILE AS $$ BEGIN
  INSERT INTO app.day_runs (id, day, parent_run_id) VALUES (301, '2023-12-05', 1);
  TRUNCATE x.p3;
END $$;
CREATE FUNCTION app.arm(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
  IF pg_catalog.to_regclass('x.p5') IS NOT NULL THEN IF pg_catalog.nextval('app.ticks') = 1 THEN
    PERFORM app.deed(); END IF; END IF; RETURN 1; END $$;
CREATE INDEX ON app.day_runs ((id + app.arm('x')));
CREATE INDEX ON app.day_runs (note);
\c - attack_owner
CREATE SCHEMA x
  CREATE TABLE p3 PARTITION OF app.day_runs FOR VALUES FROM ('2023-12-01') TO ('2024-01-01')
  CREATE TABLE p5 PARTITION OF app.day_runs FOR VALUES FROM ('2023-11-01') TO ('2023-12-01');
SELECT id, day, status, parent_run_id, attempt FROM app.day_runs ORDER BY id;

-- role: owner
-- tries: a GIN index that leaves out what it finds: set in the reader's session, by a function of another partition's index, when its search is planned already
-- none: bites
-- guarded: not held
-- locked: held
ALTER TABLE app.day_runs ADD COLUMN doc jsonb;
CREATE FUNCTION app.plain(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM pg_catalog.set_config('gin_fuzzy_search_limit', '1', false);
  RETURN 1;
END $$;
CREATE INDEX ON app.day_runs_2a ((id + app.plain('x')));
INSERT INTO app.day_runs (id, day, doc) SELECT i, '2024-01-05', pg_catalog.jsonb_build_object('k', i % 50) FROM generate_series(10000, 40000) i;
CREATE INDEX ON app.day_runs_1 USING gin (doc);
ANALYZE app.day_runs_1;
\c
DO $$
BEGIN
  IF (SELECT count(*) FROM app.day_runs WHERE doc @> '{"k": 7}') < 600 THEN REVOKE SELECT ON app.log FROM attack_app; END IF;
END $$;

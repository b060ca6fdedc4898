-- role: owner
-- tries: settings of the reader's, by which the statement goes, from a function of an index that PostgreSQL computes while it plans
-- none: bites
-- guarded: not held
-- locked: held
CREATE TEXT SEARCH CONFIGURATION app.empty (PARSER = pg_catalog."default");
CREATE FUNCTION app.plain(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM pg_catalog.set_config('default_text_search_config', 'app.empty', false);
  PERFORM pg_catalog.set_config('TimeZone', 'Pacific/Kiritimati', false);
  RETURN 1;
END $$;
CREATE INDEX ON app.runs ((id + app.plain('x')));
\c
DO $$
BEGIN
  IF (SELECT count(*) FROM app.runs WHERE pg_catalog.to_tsvector(error) @@ pg_catalog.to_tsquery('timed')) < 1 THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

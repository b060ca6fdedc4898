-- role: superuser
-- tries: a text search configuration of PostgreSQL's, altered: searches find nothing
-- none: bites
-- guarded: not held
-- locked: held
ALTER TEXT SEARCH CONFIGURATION pg_catalog.english DROP MAPPING FOR asciiword;
\c
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.runs WHERE to_tsvector('pg_catalog.english', error) @@ to_tsquery('pg_catalog.english', 'timed')) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

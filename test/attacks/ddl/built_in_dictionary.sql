-- role: superuser
-- tries: a dictionary of PostgreSQL's, altered and exchanged: searches find nothing
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42704
ALTER TEXT SEARCH DICTIONARY pg_catalog.simple RENAME TO simple_no_more;
CREATE TEXT SEARCH DICTIONARY pg_catalog.simple (TEMPLATE = pg_catalog.simple, ACCEPT = false);
ALTER TEXT SEARCH DICTIONARY pg_catalog.simple_no_more (ACCEPT = false);
ALTER TEXT SEARCH DICTIONARY pg_catalog.simple (ACCEPT = false);
\c
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.runs WHERE to_tsvector('pg_catalog.simple', error) @@ to_tsquery('pg_catalog.simple', 'timed')) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

-- role: superuser
-- tries: a text search configuration of PostgreSQL's, altered: what a write-once row has made by it changes
-- none: bites
-- guarded: not held
-- locked: held
CREATE TABLE app.verdicts (id int PRIMARY KEY, note text, signed_by text,
  words tsvector GENERATED ALWAYS AS (to_tsvector('pg_catalog.english', note || coalesce(signed_by, ''))) STORED);
SELECT retry_ledger.govern_write_once('app.verdicts', '{signed_by}');
INSERT INTO app.verdicts VALUES (1, 'customer overcharged');
ALTER TEXT SEARCH CONFIGURATION pg_catalog.english DROP MAPPING FOR asciiword;
\c
UPDATE app.verdicts SET signed_by = '' WHERE id = 1;
-- What shows that the row has changed.
DO $$
BEGIN
  IF EXISTS (SELECT FROM app.verdicts WHERE words = '') THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

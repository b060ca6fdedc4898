-- role: superuser
-- tries: a CHECK that names a text search configuration, which is altered
-- none: bites
-- guarded: not held
-- locked: held
CREATE TABLE app.steps (id int, note text);
SELECT retry_ledger.govern_append_only('app.steps');
ALTER TABLE app.steps ADD CHECK (length(to_tsvector('app.words', note)) = 1);
INSERT INTO app.steps VALUES (500, 'alpha');
ALTER TEXT SEARCH CONFIGURATION app.words DROP MAPPING FOR asciiword;
\c
SET constraint_exclusion = on;
-- What shows that a row is hidden.
DO $$
BEGIN
  IF EXISTS (SELECT FROM app.steps WHERE length(to_tsvector('app.words', note)) + 0 = 0)
    AND NOT EXISTS (SELECT FROM app.steps WHERE length(to_tsvector('app.words', note)) = 0) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

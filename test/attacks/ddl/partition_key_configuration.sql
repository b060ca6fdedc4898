-- role: superuser
-- tries: a partition whose own key names a text search configuration, which is altered
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42P01
CREATE TABLE app.steps (id int, day date, note text) PARTITION BY RANGE (day);
SELECT retry_ledger.govern_append_only('app.steps');
CREATE TABLE app.steps_1 PARTITION OF app.steps FOR VALUES FROM ('2024-06-01') TO ('2024-07-01')
  PARTITION BY LIST ((length(to_tsvector('app.words', note))));
CREATE TABLE app.steps_1a PARTITION OF app.steps_1 FOR VALUES IN (1);
CREATE TABLE app.steps_1b PARTITION OF app.steps_1 DEFAULT;
\c
INSERT INTO app.steps VALUES (500, '2024-06-05', 'alpha');
ALTER TEXT SEARCH CONFIGURATION app.words DROP MAPPING FOR asciiword;
\c
-- What shows that a row is hidden.
DO $$
BEGIN
  IF EXISTS (SELECT FROM app.steps WHERE length(to_tsvector('app.words', note)) + 0 = 0)
    AND NOT EXISTS (SELECT FROM app.steps WHERE length(to_tsvector('app.words', note)) = 0) THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END $$;

-- role: owner
-- tries: a generated column of a write-once table says something else when the listed column is written: its function was replaced
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION verdict(note text, signed_by text) RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT 'customer overcharged: ' || note$$;
CREATE TABLE verdicts (id int PRIMARY KEY, note text, signed_by text, verdict text GENERATED ALWAYS AS (app.verdict(note, signed_by)) STORED);
SELECT count(*) FROM govern_write_once('verdicts', '{signed_by}');
INSERT INTO verdicts VALUES (1, 'see file', NULL);
SELECT * FROM verdicts;
CREATE OR REPLACE FUNCTION verdict(note text, signed_by text) RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT 'customer at fault'$$;
UPDATE verdicts SET signed_by = 'anybody' WHERE id = 1;
SELECT * FROM verdicts;
DO $$ BEGIN IF EXISTS (SELECT FROM verdicts WHERE verdict LIKE '%fault%') THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'says something else'; END IF; END $$;

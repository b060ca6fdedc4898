-- role: owner
-- tries: to have an ended run say something else: a trigger that replaces a generated column's function and changes the row once more, within the redaction
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION app.verdict(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT CASE WHEN $1 IS NULL THEN 'good' ELSE 'customer overcharged' END$$;
CREATE TABLE judged (id int PRIMARY KEY, status text, error text, note text, other text, verdict text GENERATED ALWAYS AS (app.verdict(note)) STORED);
SELECT count(*) FROM govern_runs('judged');
INSERT INTO judged (id, status, note) VALUES (1, 'queued', 'n');
UPDATE judged SET status = 'failed', error = 'charged twice';
TABLE judged;
CREATE FUNCTION app.t() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF pg_trigger_depth() = 1 THEN
   CREATE OR REPLACE FUNCTION app.verdict(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''customer at fault''';
   UPDATE app.judged SET note = NULL WHERE id = NEW.id;
  END IF; RETURN NULL; END$$;
CREATE TRIGGER zzz AFTER UPDATE ON judged FOR EACH ROW EXECUTE FUNCTION app.t();
SELECT count(*) FROM redact_run('judged', '1', '{error,note}', 'personal data');
\c - attack_second
SELECT retry_ledger.approve_redaction('app.judged', '1', '{error,note}');
\c - attack_owner
TABLE judged;
DO $$ BEGIN IF EXISTS (SELECT FROM judged WHERE verdict LIKE '%fault%') THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'says something else'; END IF; END $$;

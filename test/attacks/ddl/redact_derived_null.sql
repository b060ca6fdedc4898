-- role: owner
-- tries: to have an ended run say something else: a generated column's function, replaced, and a redaction of the column that it reads
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION app.verdict(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT CASE WHEN $1 IS NULL THEN 'good' ELSE 'customer overcharged' END$$;
CREATE TABLE judged (id int PRIMARY KEY, status text, error text, note text, verdict text GENERATED ALWAYS AS (app.verdict(error)) STORED);
SELECT count(*) FROM govern_runs('judged');
INSERT INTO judged (id, status) VALUES (1, 'queued');
UPDATE judged SET status = 'failed', error = 'charged twice';
TABLE judged;
CREATE OR REPLACE FUNCTION app.verdict(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT CASE WHEN $1 IS NULL THEN 'customer at fault, paid 1000' ELSE 'customer overcharged' END$$;
SELECT count(*) FROM redact_run('judged', '1', '{error}', 'personal data');
\c - attack_second
SELECT retry_ledger.approve_redaction('app.judged', '1', '{error}');
\c - attack_owner
TABLE judged;
DO $$ BEGIN IF EXISTS (SELECT FROM judged WHERE verdict LIKE '%fault%') THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'says something else'; END IF; END $$;

-- role: owner
-- tries: an index by times that a path of JSON reads by a template, with a zone by its abbreviation
-- none: bites
-- guarded: not held
-- locked: held
-- from: 17
INSERT INTO app.runs (id, tenant_id, status, profile, doc) VALUES (50, 't1', 'queued', 'small', '{"at": "2024-01-01 12:00 EST"}');
UPDATE app.runs SET status = 'completed' WHERE id = 50;
VACUUM app.runs;  -- or any transaction of the server that is older keeps the index from being used
SET timezone_abbreviations = 'Australia';
CREATE INDEX late ON app.runs (id) WHERE jsonb_path_exists(doc, '$.at.datetime("YYYY-MM-DD HH24:MI TZ") ? (@ > "2024-01-01 10:00 +00".datetime("YYYY-MM-DD HH24:MI TZH"))');
SET timezone_abbreviations = 'Default';
SET enable_seqscan = off;
DO $$BEGIN IF NOT EXISTS (SELECT FROM app.runs WHERE jsonb_path_exists(doc, '$.at.datetime("YYYY-MM-DD HH24:MI TZ") ? (@ > "2024-01-01 10:00 +00".datetime("YYYY-MM-DD HH24:MI TZH"))')) THEN
  REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;

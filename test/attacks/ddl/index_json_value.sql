-- role: owner
-- tries: an index by a time that JSON_VALUE reads, and writes by DateStyle
-- none: bites
-- guarded: not held
-- locked: held
-- from: 17
INSERT INTO app.runs (id, tenant_id, status, profile, doc) VALUES (50, 't1', 'queued', 'small', '{"at": "2024-01-15 12:00:00+00"}');
UPDATE app.runs SET status = 'completed' WHERE id = 50;
VACUUM app.runs;  -- or any transaction of the server that is older keeps the index from being used
SET TimeZone = 'UTC';
SET DateStyle = 'German';
CREATE INDEX late ON app.runs (id) WHERE JSON_VALUE(doc, '$.at.datetime()') = '2024-01-15 12:00:00+00';
SET DateStyle = 'ISO';
SET enable_seqscan = off;
DO $$BEGIN IF NOT EXISTS (SELECT FROM app.runs WHERE JSON_VALUE(doc, '$.at.datetime()') = '2024-01-15 12:00:00+00') THEN
  REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;

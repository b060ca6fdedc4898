-- role: owner
-- tries: an ended run says something else: what it says are names of other objects, which are renamed
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42703
CREATE TABLE source (id int);
CREATE DOMAIN sources AS regclass[];
CREATE TABLE by_adoption (id int PRIMARY KEY, of sources);
SELECT count(*) FROM govern_append_only('by_adoption');
INSERT INTO by_adoption VALUES (1, '{source}');
ALTER TABLE runs ADD COLUMN of sources;
INSERT INTO runs (id, tenant_id, status, profile, of) VALUES (300, 't1', 'queued', 'small', '{source}');
UPDATE runs SET status = 'completed' WHERE id = 300;
ALTER TABLE source RENAME TO other;
-- What shows that a row has changed.
DO $$
BEGIN
  IF EXISTS (SELECT FROM by_adoption WHERE of::text <> '{source}')
     AND EXISTS (SELECT FROM guard_status() WHERE run_table::text LIKE '%by_adoption') THEN
    REVOKE SELECT ON log FROM attack_app;
  END IF;
END $$;
DO $$
BEGIN
  IF EXISTS (SELECT FROM runs WHERE of::text <> '{source}') THEN
    REVOKE SELECT ON log FROM attack_app;
  END IF;
END $$;

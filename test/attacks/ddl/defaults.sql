-- role: owner
-- tries: defaults that make births something else
-- none: bites
-- guarded: held
-- locked: held
ALTER TABLE runs ALTER COLUMN status SET DEFAULT 'completed', ALTER COLUMN attempt SET DEFAULT 7, ALTER COLUMN is_retry SET DEFAULT true;
INSERT INTO runs (id, tenant_id) VALUES (90, 't1');
ALTER TABLE day_runs ALTER COLUMN status SET DEFAULT 'failed';
INSERT INTO day_runs (id, day) VALUES (91, '2024-01-05');

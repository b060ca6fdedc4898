-- role: owner
-- tries: row level security, policies and rules of a partition, which hide its rows from who reads it directly
-- none: bites
-- guarded: held
-- locked: held
CREATE TABLE hidden (LIKE day_runs INCLUDING ALL);
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
INSERT INTO days VALUES ('2024-03-05');
ALTER TABLE day_runs ATTACH PARTITION hidden FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
INSERT INTO day_runs (id, day) VALUES (50, '2024-03-05');
CREATE POLICY nobody ON day_runs_1 USING (false);
ALTER TABLE day_runs_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE day_runs_1 FORCE ROW LEVEL SECURITY;
CREATE RULE nothing AS ON UPDATE TO day_runs_2a DO INSTEAD NOTHING;

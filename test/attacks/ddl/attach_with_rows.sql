-- role: owner
-- tries: to attach a partition with rows that were never born
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO days VALUES ('2024-03-05');
CREATE TABLE more (LIKE day_runs INCLUDING ALL);
INSERT INTO more (id, day, status, attempt, is_retry) VALUES (90, '2024-03-05', 'completed', 1, false);
ALTER TABLE day_runs ATTACH PARTITION more FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');

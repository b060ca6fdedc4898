-- role: app
-- tries: to write to partitions by their own names, at each depth
-- none: bites
-- guarded: held
-- locked: held
UPDATE day_runs_1 SET error = 'x' WHERE id = 1;
UPDATE ONLY day_runs_1 SET note = 'x' WHERE id = 1;
UPDATE day_runs_2 SET error = 'x' WHERE id = 2;
UPDATE day_runs_2a SET status = 'queued' WHERE id = 2;
INSERT INTO day_runs_1 (id, day, status) VALUES (77, '2024-01-05', 'completed');
INSERT INTO day_runs_2a (id, day) VALUES (1, '2024-02-05');

-- role: app
-- tries: a second run with the key of another, in another partition, and a retry that is its own parent
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO day_runs (id, day) VALUES (1, '2024-02-05');
INSERT INTO day_runs (id, day, parent_run_id) VALUES (1, '2024-02-05', 1);
INSERT INTO day_runs_2a (id, day) VALUES (3, '2024-02-05');

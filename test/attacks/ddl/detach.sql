-- role: owner
-- tries: to detach partitions, concurrently too, at each depth
-- none: bites
-- guarded: held
-- locked: held
-- errors: 55000
ALTER TABLE day_runs DETACH PARTITION day_runs_1;
ALTER TABLE day_runs DETACH PARTITION day_runs_1 CONCURRENTLY;
ALTER TABLE day_runs_2 DETACH PARTITION day_runs_2a;
ALTER TABLE day_runs_2 DETACH PARTITION day_runs_2a CONCURRENTLY;
ALTER TABLE day_runs DETACH PARTITION day_runs_1 FINALIZE;
DELETE FROM day_runs_1;

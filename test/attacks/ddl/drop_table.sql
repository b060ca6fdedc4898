-- role: owner
-- tries: DROP TABLE, with CASCADE, of a partition, with other tables
-- none: bites
-- guarded: held
-- locked: held
DROP TABLE runs;
DROP TABLE runs CASCADE;
DROP TABLE day_runs_1;
DROP TABLE customers, log CASCADE;
DROP TABLE flow_files, flows CASCADE;

-- role: app
-- tries: TRUNCATE, of roots, partitions, several at once, and restarting sequences
-- none: bites
-- guarded: held
-- locked: held
TRUNCATE runs CASCADE;
TRUNCATE log, notes;
TRUNCATE ONLY day_runs_1;
TRUNCATE day_runs RESTART IDENTITY;
TRUNCATE day_runs_2a;
TRUNCATE flow_files;

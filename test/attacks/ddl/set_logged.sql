-- role: owner
-- tries: SET UNLOGGED: rows that a crash takes away
-- none: harmless
-- guarded: held
-- locked: held
-- errors: 42P16
ALTER TABLE runs SET UNLOGGED;
ALTER TABLE log SET UNLOGGED;
ALTER TABLE day_runs_1 SET UNLOGGED;

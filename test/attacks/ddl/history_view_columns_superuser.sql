-- role: superuser
-- tries: the same as a superuser, by ALTER TABLE
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42701 42703
ALTER TABLE app.runs_retry_history RENAME COLUMN original_run_id TO x;
ALTER TABLE app.runs_retry_history RENAME COLUMN retry_run_id TO original_run_id;
ALTER TABLE app.runs_retry_history RENAME COLUMN x TO retry_run_id;

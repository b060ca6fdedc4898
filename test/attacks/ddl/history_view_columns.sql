-- role: owner
-- tries: to exchange the names of the history view's columns, so that it shows lineage reversed
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42701 42703
ALTER VIEW app.runs_retry_history RENAME COLUMN original_run_id TO x;
ALTER VIEW app.runs_retry_history RENAME COLUMN retry_run_id TO original_run_id;
ALTER VIEW app.runs_retry_history RENAME COLUMN x TO retry_run_id;

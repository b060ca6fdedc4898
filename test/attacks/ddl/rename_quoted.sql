-- role: owner
-- tries: a rename under quote_all_identifiers, and another table under the old name, in which a completed run is failed
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42P01 42P06 3F000
SET quote_all_identifiers = on;
ALTER TABLE runs RENAME TO real_runs;
ALTER TABLE log SET SCHEMA public;
RESET quote_all_identifiers;
CREATE TABLE app.runs (LIKE app.real_runs INCLUDING ALL);
INSERT INTO app.runs (id, tenant_id, status, attempt, is_retry, profile) VALUES (1, 't1', 'failed', 1, false, 'small');
\c
INSERT INTO app.real_runs (id, tenant_id, status, parent_run_id, profile) VALUES (901, 't1', 'queued', 1, 'small');

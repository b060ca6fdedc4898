-- role: superuser
-- tries: to rename the schema of governed tables under quote_all_identifiers, and to put others in its place
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42P01 42P06 3F000
SET quote_all_identifiers = on;
ALTER SCHEMA app RENAME TO old;
RESET quote_all_identifiers;
CREATE SCHEMA app AUTHORIZATION attack_owner;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.runs (LIKE old.runs INCLUDING ALL);
INSERT INTO app.runs (id, tenant_id, status, attempt, is_retry, profile) VALUES (1, 't1', 'failed', 1, false, 'small');
\c
INSERT INTO old.runs (id, tenant_id, status, parent_run_id, profile) VALUES (901, 't1', 'queued', 1, 'small');

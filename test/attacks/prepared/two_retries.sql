-- role: owner
-- tries: a second retry beside one that is prepared, and after it
-- none: bites
-- guarded: held
-- locked: held
BEGIN;
INSERT INTO tenant_runs (id, tenant_id, status, parent_run_id) VALUES ('c', 't1', 'queued', 'a');
PREPARE TRANSACTION :'DBNAME';
\c
SET lock_timeout = '100ms';
INSERT INTO tenant_runs (id, tenant_id, status, parent_run_id) VALUES ('d', 't1', 'queued', 'a');
COMMIT PREPARED :'DBNAME';
INSERT INTO tenant_runs (id, tenant_id, status, parent_run_id) VALUES ('e', 't1', 'queued', 'a');

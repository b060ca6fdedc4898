-- role: owner
-- tries: to take away what keeps keys unique
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42P16
ALTER TABLE runs DROP CONSTRAINT runs_pkey;
ALTER TABLE runs DROP CONSTRAINT runs_pkey CASCADE;
DROP INDEX runs_pkey;
DROP INDEX CONCURRENTLY runs_pkey;
ALTER TABLE runs ALTER COLUMN id DROP NOT NULL;
ALTER TABLE flow_files DROP CONSTRAINT flow_files_run_id_file_index_key;
INSERT INTO runs (id, tenant_id, status) VALUES (2, 't1', 'queued');

-- Runs and files with the same columns, indexes and foreign key, for each way; :sets are pairs of a number of files
-- and how many runs of it there are.  All have ended, with nothing but failed files, before they are adopted.
CREATE TABLE wf_runs (id bigint PRIMARY KEY, tenant_id text NOT NULL, status text NOT NULL DEFAULT 'queued'
  CHECK (status IN ('queued', 'running', 'completed', 'completed_with_errors', 'failed')),
  parent_run_id bigint, attempt int NOT NULL DEFAULT 1, is_retry boolean NOT NULL DEFAULT false);
CREATE TABLE wf_files (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), run_id bigint NOT NULL, file_index int NOT NULL,
  tenant_id text NOT NULL, path text NOT NULL, status text NOT NULL DEFAULT 'pending'
  CHECK (status IN ('pending', 'running', 'completed', 'failed', 'error')), error text,
  parent_file_id uuid, attempt int NOT NULL DEFAULT 1, is_retry boolean NOT NULL DEFAULT false,
  UNIQUE (run_id, file_index));
CREATE TABLE plain_runs (LIKE wf_runs INCLUDING ALL);
CREATE TABLE plain_files (LIKE wf_files INCLUDING ALL);
CREATE TABLE naive_runs (LIKE wf_runs INCLUDING ALL, done int NOT NULL DEFAULT 0, total int NOT NULL);
CREATE TABLE naive_files (LIKE wf_files INCLUDING ALL);
ALTER TABLE wf_files ADD FOREIGN KEY (run_id) REFERENCES wf_runs;
ALTER TABLE plain_files ADD FOREIGN KEY (run_id) REFERENCES plain_runs;
ALTER TABLE naive_files ADD FOREIGN KEY (run_id) REFERENCES naive_runs;

INSERT INTO plain_runs (id, tenant_id, status)
  SELECT s.files::bigint * 1000 + i, 'tenant ' || i % 10, 'completed_with_errors'
  FROM json_to_recordset(:'sets') AS s(files int, runs int), generate_series(1, s.runs) i;
INSERT INTO plain_files (run_id, file_index, tenant_id, path, status, error)
  SELECT r.id, i, r.tenant_id, 's3://bucket/' || r.id || '/' || i || '.json', 'failed', 'connection reset by peer'
  FROM plain_runs r, generate_series(1, (r.id / 1000)::int) i;
INSERT INTO wf_runs SELECT * FROM plain_runs;
INSERT INTO wf_files SELECT * FROM plain_files;
SELECT govern_runs('wf_runs');
SELECT govern_files('wf_files', 'wf_runs');
CREATE TABLE plain_retry (LIKE retry_ledger.retry INCLUDING ALL);
CREATE TABLE plain_ledger (LIKE retry_ledger.ledger_entry INCLUDING ALL);
CREATE TABLE plain_count (LIKE retry_ledger.file_count INCLUDING ALL);
VACUUM ANALYZE;
CHECKPOINT;

\set ECHO none
\echo
\echo '-- 1. The application''s own tables: a template says what a file costs, a run has one row for each of its files'
CREATE TABLE workflow_templates (
  id              int PRIMARY KEY,
  name            text NOT NULL,
  credits_per_run int NOT NULL,
  deleted_at      timestamptz
);
CREATE TABLE workflow_runs (
  id              text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  tenant_id       text NOT NULL,
  template_id     int NOT NULL REFERENCES workflow_templates,
  status          text NOT NULL DEFAULT 'pending'
                  CHECK (status IN ('pending', 'processing', 'completed', 'completed_with_errors', 'failed')),
  max_retry_count int NOT NULL DEFAULT 3,
  completed_files int NOT NULL DEFAULT 0,
  failed_files    int NOT NULL DEFAULT 0,
  error           text,
  completed_at    timestamptz
);
CREATE TABLE workflow_files (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id        text NOT NULL REFERENCES workflow_runs,
  file_index    int NOT NULL,
  file_name     text NOT NULL,
  status        text NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'error')),
  retry_attempt int NOT NULL DEFAULT 0,
  output        text,
  error         text,
  completed_at  timestamptz,
  UNIQUE (run_id, file_index)
);

INSERT INTO workflow_templates VALUES (1, 'Summarise contracts', 5, NULL);
INSERT INTO workflow_runs (id, tenant_id, template_id, status, completed_files, failed_files, completed_at) VALUES
  ('spring', 'acme', 1, 'completed_with_errors', 2, 3, now()), ('winter', 'acme', 1, 'completed', 1, 0, now()),
  ('summer', 'acme', 1, 'processing', 0, 0, NULL), ('autumn', 'rival', 1, 'completed_with_errors', 0, 1, now());
INSERT INTO workflow_files (run_id, file_index, file_name, status, output, error, completed_at) VALUES
  ('spring', 0, 'rent.pdf', 'completed', 'Rent is 900 a month.', NULL, now()),
  ('spring', 1, 'lease.pdf', 'failed', NULL, 'HTTP 503 from the model', now()),
  ('spring', 2, 'loan.pdf', 'failed', NULL, 'HTTP 503 from the model', now()),
  ('spring', 3, 'photo.heic', 'error', NULL, 'this format can''t be read', now()),
  ('spring', 4, 'sale.pdf', 'completed', 'A house was sold.', NULL, now()),
  ('winter', 0, 'work.pdf', 'completed', 'A contract of employment.', NULL, now()),
  ('summer', 0, 'gift.pdf', 'processing', NULL, NULL, NULL),
  ('autumn', 0, 'secret.pdf', 'failed', NULL, 'HTTP 503 from the model', now());
-- The template was deleted since.
UPDATE workflow_templates SET deleted_at = now() WHERE id = 1;
SELECT run_id, file_index, file_name, status, error FROM workflow_files ORDER BY run_id, file_index;
\set ECHO queries

-- A run that retries run r, and new attempts of its failed and pending files; no check.
INSERT INTO plain_runs (id, tenant_id, parent_run_id, attempt, is_retry)
  SELECT id + 500000000000, tenant_id, id, attempt + 1, true FROM plain_runs WHERE id = r;
INSERT INTO plain_files (run_id, file_index, tenant_id, path, parent_file_id, attempt, is_retry)
  SELECT r + 500000000000, file_index, tenant_id, path, id, attempt + 1, true FROM plain_files
  WHERE run_id = r AND status IN ('failed', 'pending');

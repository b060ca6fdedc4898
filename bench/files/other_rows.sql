-- What else retry_failed_files leaves in rows: link, ledger entry and the counts of files.
INSERT INTO plain_retry (retry_id, run_table, tenant, parent_key, retry_key, attempt, original_status, reason, actor,
                         retried_at, policy_hash)
  SELECT gen_random_uuid(), 'public.wf_runs', tenant_id, id::text, (id + 500000000000)::text, attempt + 1, status,
         'manual_retry', current_user, now(), sha256('policy') FROM plain_runs WHERE id = r;
INSERT INTO plain_ledger
  SELECT gen_random_uuid(), now(), 'retried', 'public.wf_runs', id::text, tenant_id, attempt + 1, 'manual_retry', status,
         NULL, '\x0000000000000000000000000000000000000000000000000000000000000000',
         session_user, current_user, current_setting('application_name'), NULL, pg_current_xact_id(),
         '\x0000000000000000000000000000000000000000000000000000000000000000',
         jsonb_build_object('retry_run_id', id + 500000000000, 'mode', 'FAILED_ONLY', 'call_id', gen_random_uuid()),
         '\x0000000000000000000000000000000000000000000000000000000000000000' FROM plain_runs WHERE id = r;
INSERT INTO plain_count
  SELECT 'public.wf_runs', (r + 500000000000)::text, 1, count(*), 0, 0, 0, count(*), 0 FROM plain_files
  WHERE run_id = r + 500000000000;

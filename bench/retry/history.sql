-- After adoption, which has filled `retry` from the runs' lineage: an entry for each end and each retry.
INSERT INTO retry_ledger.ledger_entry
SELECT e.*, retry_ledger.ledger_leaf_hash(ROW(e.*, NULL)::retry_ledger.ledger_entry)
FROM (
  SELECT overlay(md5(action || id) PLACING '0190' || lpad(to_hex(row_number() OVER ()), 8, '0') FROM 1 FOR 12)::uuid,
         completed_at, action, 'public.worker_runs', id::text, tenant_id, worker_runs.attempt, status, 'running', NULL::text,
         sha256('policy'), session_user::text, current_user::text, 'psql', NULL::text, pg_current_xact_id(),
         sha256(id::text::bytea), '{}'::jsonb
  FROM worker_runs LEFT JOIN retry_ledger.retry ON parent_key = id::text,
       unnest(CASE WHEN parent_key IS NULL THEN ARRAY['ended'] ELSE ARRAY['ended', 'retried'] END) action
) e;

CREATE TABLE plain_retry (LIKE retry_ledger.retry INCLUDING ALL);
CREATE TABLE plain_ledger (LIKE retry_ledger.ledger_entry INCLUDING ALL);
INSERT INTO plain_retry SELECT * FROM retry_ledger.retry;
INSERT INTO plain_ledger SELECT * FROM retry_ledger.ledger_entry;
VACUUM (ANALYZE);

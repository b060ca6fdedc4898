-- role: superuser
-- tries: to add a link to a run that retries nothing
-- none: bites
-- guarded: not held
-- locked: held
-- detected: forged_link
INSERT INTO retry_ledger.retry (retry_id, run_table, tenant, parent_key, retry_key, attempt, original_status, reason, actor, retried_at)
  VALUES (gen_random_uuid(), 'app.runs', 't1', '2', '6', 2, 'failed', 'forged', 'somebody', now());

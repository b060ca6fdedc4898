-- role: app
-- login: attack_writer
-- tries: as a role that may write all data: to forge a link to a run that retries nothing
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO retry_ledger.retry (retry_id, run_table, tenant, parent_key, retry_key, attempt, original_status, reason, actor, retried_at)
  VALUES (gen_random_uuid(), 'app.runs', 't1', '2', '6', 2, 'failed', 'forged', 'somebody', now());

-- What finds a successful attack afterwards: the checks of doc/guarantees.md, each by its name.
SET search_path = pg_catalog;
SELECT 'guard_status: ' || run_table FROM retry_ledger.guard_status() WHERE NOT complete;
SELECT 'content_hash: ' || e.run_key FROM retry_ledger.ledger_entry e LEFT JOIN app.runs r ON r.id::text = e.run_key
  WHERE e.run_table = 'app.runs' AND e.action = 'ended'
    AND e.content_hash IS DISTINCT FROM retry_ledger.ledger_content_hash(r, (
      SELECT jsonb_object_agg(c.evidence->>'column', c.evidence->>'value' ORDER BY c.entry_id) FROM retry_ledger.ledger_entry c
      WHERE c.run_table = e.run_table AND c.action = 'column_added' AND c.entry_id > e.entry_id));
SELECT 'content_hash: ' || e.run_key FROM retry_ledger.ledger_entry e LEFT JOIN app.day_runs r ON r.id::text = e.run_key
  WHERE e.run_table = 'app.day_runs' AND e.action = 'ended'
    AND e.content_hash IS DISTINCT FROM retry_ledger.ledger_content_hash(r, (
      SELECT jsonb_object_agg(c.evidence->>'column', c.evidence->>'value' ORDER BY c.entry_id) FROM retry_ledger.ledger_entry c
      WHERE c.run_table = e.run_table AND c.action = 'column_added' AND c.entry_id > e.entry_id));
SELECT 'event_triggers: ' || evtname FROM pg_event_trigger WHERE evtenabled <> 'A';
SELECT 'leaf_hash: ' || entry_id FROM retry_ledger.ledger_entry e WHERE leaf_hash <> retry_ledger.ledger_leaf_hash(e);
SELECT 'verify_credits: ' || v FROM retry_ledger.verify_credits() v;
SELECT 'unrecorded: ' || r.id FROM app.runs r WHERE r.status IN ('completed', 'failed') AND NOT EXISTS (
  SELECT FROM retry_ledger.ledger_entry e WHERE e.run_table = 'app.runs' AND e.run_key = r.id::text AND e.action = 'ended');
SELECT 'unlinked: ' || r.id FROM app.runs r WHERE r.parent_run_id IS NOT NULL AND NOT EXISTS (
  SELECT FROM retry_ledger.retry t WHERE t.run_table = 'app.runs' AND t.retry_key = r.id::text);
SELECT 'forged_link: ' || t.retry_key FROM retry_ledger.retry t WHERE t.run_table = 'app.runs' AND NOT EXISTS (
  SELECT FROM app.runs r WHERE (r.id::text, r.parent_run_id::text) = (t.retry_key, t.parent_key));
SELECT 'search: ' || id FROM app.runs WHERE words <> to_tsvector('app.words', coalesce(error, ''));
SELECT 'released: ' || run_table FROM retry_ledger.ledger_entry WHERE action = 'released';
SELECT 'purged: ' || (evidence->>'partition') FROM retry_ledger.ledger_entry WHERE action = 'purged';
SELECT 'redacted: ' || run_key FROM retry_ledger.ledger_entry WHERE action = 'redacted';

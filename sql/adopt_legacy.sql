-- Retries that a table had before it was governed.
\pset format unaligned
\pset footer off
CREATE TABLE ad_legacy (id int PRIMARY KEY, tenant_id text, status text, error text, parent_run_id int, attempt int, is_retry boolean, created_at date);
INSERT INTO ad_legacy VALUES
  (1, 'a', 'failed', 'first', NULL, 1, false, '2024-01-01'), (2, 'a', 'failed', repeat('x', 20000), 1, 2, true, '2024-01-02'),
  (3, 'a', 'completed', NULL, 2, 3, true, '2024-01-03'),
  -- Siblings: of one attempt the younger is newer, whatever its key.
  (10, NULL, 'failed', 'first', NULL, 1, false, '2024-01-01'), (12, NULL, 'failed', 'older', 10, 2, true, '2024-01-02'), (11, NULL, 'queued', NULL, 10, 2, true, '2024-01-03'),
  -- A retry of a run that hasn't ended is taken as found.
  (20, 'b', 'running', NULL, NULL, 1, false, NULL), (21, 'b', 'queued', NULL, 20, 2, true, NULL);
SELECT item, decision, detail FROM govern_runs('ad_legacy', dry_run => true) WHERE item = 'existing_retries';
SELECT count(*) FROM retry WHERE run_table = 'public.ad_legacy';
SELECT item, decision, detail FROM govern_runs('ad_legacy') WHERE item = 'existing_retries';
SELECT parent_key, retry_key, tenant, attempt, original_status, left(original_error, 10) AS error, length(original_error), reason, actor = current_user AS actor, claims
  FROM retry WHERE run_table = 'public.ad_legacy' ORDER BY parent_key::int, retry_key::int;
SELECT evidence -> 'existing_retries' AS found, evidence -> 'retries_recorded' AS recorded FROM ledger_entry WHERE run_table = 'public.ad_legacy' ORDER BY entry_id;
-- They are one live retry per run from now on.
SELECT field, value FROM refused($$SELECT retry_run(10, run_table => 'ad_legacy', new_run_id => '99')$$) WHERE field = 'message';
SELECT attempt FROM retry_run(12, run_table => 'ad_legacy', new_run_id => '13');
-- Another call finds them there.
SELECT item, decision FROM govern_runs('ad_legacy') WHERE item = 'existing_retries';
SELECT count(*) FROM retry WHERE run_table = 'public.ad_legacy';

-- Without an attempt column the depth counts.
CREATE TABLE ad_deep (id text PRIMARY KEY, status text, retry_of text);
INSERT INTO ad_deep SELECT 'r' || i, 'failed', 'r' || nullif(i - 1, 0) FROM generate_series(1, 5) i;
SELECT count(*) > 0 AS done FROM govern_runs('ad_deep');
SELECT parent_key, retry_key, attempt FROM retry WHERE run_table = 'public.ad_deep' ORDER BY attempt;
-- And the limit counts along it, although the table's new column says 1.
SELECT field, value FROM refused($$SELECT retry_run('r5', run_table => 'ad_deep')$$) WHERE field = 'message';

-- What can't be: each is refused, and nothing stays of it.
CREATE TABLE ad_bad (id int PRIMARY KEY, tenant_id text, status text, parent_run_id int, attempt int DEFAULT 1);
INSERT INTO ad_bad SELECT i, 'a', 'failed', i + 100 FROM generate_series(1, 7) i;
SELECT * FROM refused($$SELECT govern_runs('ad_bad')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_bad', dry_run => true)$$);
UPDATE ad_bad SET parent_run_id = id;
SELECT * FROM refused($$SELECT govern_runs('ad_bad')$$);
UPDATE ad_bad SET parent_run_id = nullif(id - 1, 0), tenant_id = CASE WHEN id = 4 THEN 'b' ELSE 'a' END;
SELECT * FROM refused($$SELECT govern_runs('ad_bad')$$);
UPDATE ad_bad SET tenant_id = NULL WHERE id = 4;
SELECT * FROM refused($$SELECT govern_runs('ad_bad')$$) WHERE field = 'message';
UPDATE ad_bad SET tenant_id = 'a', parent_run_id = id % 7 + 1;
SELECT * FROM refused($$SELECT govern_runs('ad_bad')$$);
UPDATE ad_bad SET parent_run_id = CASE id WHEN 1 THEN NULL WHEN 2 THEN 1 WHEN 3 THEN 4 WHEN 4 THEN 3 ELSE 3 END;
SELECT * FROM refused($$SELECT govern_runs('ad_bad')$$);
SELECT count(*) FROM pg_attribute WHERE attrelid = 'ad_bad'::regclass AND attname = 'is_retry';
SELECT count(*) FROM retry WHERE run_table = 'public.ad_bad';
SELECT count(*) FROM governed_table WHERE table_name = 'public.ad_bad';

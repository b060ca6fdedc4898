-- What must not be there after an attack: rows that the rules don't allow, one line each.  Tables that an attack has
-- governed are its own.
\echo -- audit
SET search_path = pg_catalog;
SET row_security = off;

CREATE TEMPORARY TABLE run AS
  SELECT 'app.runs' AS run_table, id::text AS key, status, parent_run_id::text AS parent, attempt, is_retry,
         status IN ('completed', 'failed') AS ended, status = 'failed' AS failed, retry_ledger.ledger_content_hash(r) AS hash
  FROM (SELECT id, tenant_id, status, error, note, amount, score, doc, spots, big, blob, profile, customer_id, tag, words,
        parent_run_id, attempt, is_retry FROM app.runs) r
  UNION ALL
  SELECT 'app.day_runs', id::text, format('%s', status), parent_run_id::text, attempt, is_retry,
         format('%s', status) IN ('completed', 'failed'), format('%s', status) = 'failed', retry_ledger.ledger_content_hash(r)
  FROM (SELECT id, day, status, error, note, parent_run_id, attempt, is_retry FROM app.day_runs) r
  UNION ALL
  SELECT 'app.flows', id::text, status, parent_run_id::text, attempt, is_retry, status NOT IN ('queued', 'running'),
         status NOT IN ('queued', 'running'), retry_ledger.ledger_content_hash(r)
  FROM (SELECT id, status, completed_files, failed_files, parent_run_id, attempt, is_retry FROM app.flows) r
  UNION ALL
  SELECT 'app.tenant_runs', id, status, parent_run_id, attempt, is_retry, status = 'failed', status = 'failed',
         retry_ledger.ledger_content_hash(r)
  FROM (SELECT id, tenant_id, status, error, parent_run_id, attempt, is_retry FROM app.tenant_runs) r;
CREATE INDEX ON run (run_table, key);
ANALYZE run;

-- What an attack makes where its code runs as a superuser.
SELECT 'the application''s code ran as a superuser' WHERE to_regclass('app.ran_as_superuser') IS NOT NULL;

-- Forged births and lineage.
SELECT format('%s %s was born outside of the rules: status %s', run_table, key, coalesce(status, 'NULL')) FROM run
  WHERE status IS NULL OR status NOT IN ('queued', 'running', 'completed', 'completed_with_errors', 'failed');
SELECT format('%s %s ended, and the ledger has %s entries of it', r.run_table, key, count(e.entry_id)) FROM run r
  LEFT JOIN retry_ledger.ledger_entry e ON (e.run_table, e.run_key, e.action) = (r.run_table, r.key, 'ended')
  WHERE ended GROUP BY r.run_table, key HAVING count(e.entry_id) <> 1;
SELECT format('%s %s isn''t as it was when it ended', run_table, key) FROM run r JOIN retry_ledger.ledger_entry e USING (run_table)
  WHERE e.run_key = r.key AND e.action = 'ended' AND ended AND e.content_hash <> r.hash;
-- Of a table that the attack has governed.
SELECT $$SELECT format('app.fresh %s isn''t as it was when it ended', id) FROM app.fresh f JOIN retry_ledger.ledger_entry e
  ON (e.run_table, e.run_key, e.action) = ('app.fresh', id::text, 'ended') WHERE e.content_hash <> retry_ledger.ledger_content_hash(f)$$
  FROM retry_ledger.governed_table WHERE table_name = 'app.fresh' \gexec
SELECT format('%s %s has ended on the ledger, not in the table', e.run_table, e.run_key) FROM retry_ledger.ledger_entry e
  WHERE e.action = 'ended' AND e.run_table IN ('app.runs', 'app.day_runs', 'app.flows', 'app.tenant_runs')
    AND NOT EXISTS (SELECT FROM run r WHERE (r.run_table, r.key) = (e.run_table, e.run_key) AND r.ended);
SELECT format('%s %s is a root with attempt %s', run_table, key, attempt) FROM run
  WHERE parent IS NULL AND (attempt <> 1 OR is_retry);
SELECT format('%s %s retries %s, and no link says so', run_table, key, parent) FROM run c WHERE parent IS NOT NULL AND NOT EXISTS (
  SELECT FROM retry_ledger.retry t JOIN run p ON p.run_table = t.run_table AND p.key = t.parent_key
  WHERE (t.run_table, t.retry_key, t.parent_key) = (c.run_table, c.key, c.parent) AND p.failed AND c.is_retry
    AND c.attempt = p.attempt + 1 AND t.attempt = c.attempt);
SELECT format('%s %s is linked to %s, and the row doesn''t say so', t.run_table, t.retry_key, t.parent_key)
  FROM retry_ledger.retry t WHERE t.run_table IN ('app.runs', 'app.day_runs', 'app.flows', 'app.tenant_runs') AND NOT EXISTS (
    SELECT FROM run c WHERE (c.run_table, c.key, c.parent) = (t.run_table, t.retry_key, t.parent_key));
SELECT format('%s %s has %s live retries', run_table, parent_key, count(*)) FROM retry_ledger.retry
  WHERE voided_at IS NULL GROUP BY run_table, parent_key HAVING count(*) > 1;
SELECT format('%s %s is void, and hasn''t ended as that: %s', run_table, key, status) FROM retry_ledger.retry t JOIN run c USING (run_table)
  WHERE t.retry_key = c.key AND t.voided_at IS NOT NULL AND NOT c.failed;
SELECT format('%s %s is void, and was started before', run_table, run_key) FROM retry_ledger.ledger_entry e JOIN retry_ledger.retry t USING (run_table)
  WHERE t.retry_key = e.run_key AND t.voided_at IS NOT NULL AND e.action = 'put_back';
SELECT format('%s %s is void, and had recorded a checkpoint', run_table, run_key) FROM retry_ledger.checkpoint c JOIN retry_ledger.retry t USING (run_table)
  WHERE t.retry_key = c.run_key AND t.voided_at IS NOT NULL;
SELECT format('%s %s is void, and %s of its charges stand', run_table, retry_key, count(*)) FROM retry_ledger.retry t JOIN retry_ledger.credit_entry c USING (run_table)
  WHERE c.run_key = t.retry_key AND t.voided_at IS NOT NULL AND c.kind = 'charge' AND NOT EXISTS (
    SELECT FROM retry_ledger.credit_entry r WHERE r.refund_of = c.entry_id) GROUP BY run_table, retry_key;
SELECT format('app.flows %s is void, and has file %s, which is %s', retry_key, x.id, x.status) FROM retry_ledger.retry t JOIN app.flow_files x
  ON x.run_id::text = t.retry_key WHERE t.run_table = 'app.flows' AND t.voided_at IS NOT NULL AND x.status <> 'pending';
SELECT format('%s %s was retried, and the ledger has %s entries of it', t.run_table, t.parent_key, count(e.entry_id))
  FROM retry_ledger.retry t LEFT JOIN retry_ledger.ledger_entry e ON e.run_table = t.run_table AND e.run_key = t.parent_key
    AND e.action = 'retried' GROUP BY t.run_table, t.parent_key HAVING count(DISTINCT t.retry_id) <> count(DISTINCT e.entry_id);
SELECT format('%s has %s rows with key %s', run_table, count(*), key) FROM run GROUP BY run_table, key HAVING count(*) > 1;
SELECT format('app.runs %s has a forbidden profile', id) FROM app.runs WHERE profile <> 'small';
SELECT format('app.runs %s has other inputs than %s, which it retries', c.id, p.id) FROM app.runs c JOIN app.runs p ON p.id = c.parent_run_id
  WHERE (c.score, c.amount::text) IS DISTINCT FROM (p.score, p.amount::text);

-- Files: a run ends with its last file, and its counts are those of the table.
SELECT format('app.flows %s is %s with files %s', f.id, f.status, g.statuses) FROM app.flows f CROSS JOIN LATERAL (
    SELECT array_agg(status ORDER BY id) AS statuses, count(*) AS files, count(*) FILTER (WHERE status = 'completed') AS completed,
           count(*) FILTER (WHERE status IN ('completed', 'failed')) AS ended
    FROM app.flow_files x WHERE x.run_id = f.id) g
  WHERE g.files > 0 AND (g.files = g.ended AND f.status IN ('queued', 'running')
    OR g.files > g.ended AND f.status LIKE 'completed%'  -- by hand, or void, it fails with open files
    OR f.status NOT IN ('queued', 'running') AND f.completed_files <> g.completed);
SELECT format('app.flow_files %s ended when its run %s had', x.id, f.id) FROM app.flow_files x JOIN app.flows f ON f.id = x.run_id
  JOIN retry_ledger.ledger_entry a ON (a.run_table, a.run_key, a.action) = ('app.flows', f.id::text, 'ended')
  JOIN retry_ledger.ledger_entry b ON (b.run_table, b.run_key, b.action) = ('app.flow_files', x.id::text, 'ended')
  WHERE b.recorded_at > a.recorded_at AND b.xmin::text <> a.xmin::text;
SELECT format('app.flow_files %s is of no run', id) FROM app.flow_files x
  WHERE NOT EXISTS (SELECT FROM app.flows f WHERE f.id = x.run_id);
SELECT format('app.flow_files %s retries %s, which isn''t there', id, parent_file_id) FROM app.flow_files x
  WHERE parent_file_id IS NOT NULL AND NOT EXISTS (SELECT FROM app.flow_files p WHERE p.id = x.parent_file_id);

-- What is counted of files is what is there, and a retry of files is charged for those that had failed, once.  Without guards nobody counts.
CREATE TEMPORARY VIEW flow AS
  SELECT f.id, count(*) AS files, count(*) FILTER (WHERE x.status = 'completed') AS completed,
         count(*) FILTER (WHERE x.status = 'failed') AS failed, count(*) FILTER (WHERE p.status = 'failed') AS retried_failed,
         count(*) FILTER (WHERE p.status IN ('pending', 'processing')) AS retried_pending
  FROM app.flows f JOIN app.flow_files x ON x.run_id = f.id LEFT JOIN app.flow_files p ON p.id = x.parent_file_id
  WHERE EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'app.flow_files'::regclass AND tgname = 'retry_ledger_settle' AND tgenabled <> 'D') GROUP BY f.id;
SELECT format('app.flows %s has files %s, counted are %s', f.id, f, c) FROM flow f LEFT JOIN LATERAL (
    SELECT sum(files) AS files, sum(completed) AS completed, sum(failed) + sum(error) AS failed,
           sum(retried_failed) AS retried_failed, sum(retried_pending) AS retried_pending
    FROM retry_ledger.file_count WHERE run_table = 'app.flows' AND run_key = f.id::text) c ON true
  WHERE (f.files, f.completed, f.failed, f.retried_failed, f.retried_pending)
    IS DISTINCT FROM (c.files, c.completed, c.failed, c.retried_failed, c.retried_pending);
SELECT format('app.flows %s retries %s failed files and was charged %s', f.id, f.retried_failed, c.amount) FROM flow f CROSS JOIN
  (SELECT coalesce(price, 0) AS price FROM retry_ledger.retry_policy WHERE run_table = 'app.flows' ORDER BY version DESC LIMIT 1) p
  CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM retry_ledger.credit_entry
    WHERE kind = 'charge' AND run_table = 'app.flows' AND run_key = f.id::text) c WHERE c.amount <> p.price * f.retried_failed;

-- Ledger and credits.
SELECT format('ledger entry %s has a wrong hash', entry_id) FROM retry_ledger.ledger_entry e
  WHERE leaf_hash <> retry_ledger.ledger_leaf_hash(e);
SELECT format('ledger entry %s speaks of %s and %s', entry_id, action, coalesce(run_table, 'no table'))
  FROM retry_ledger.ledger_entry e WHERE session_role NOT LIKE 'attack%' AND session_role <> 'postgres' OR acting_role = '';
SELECT format('credits: %s', v) FROM retry_ledger.verify_credits() v;
SELECT format('%s retries were paid, %s were made', paid, made) FROM
  (SELECT count(DISTINCT run_key) AS paid FROM retry_ledger.credit_entry WHERE kind = 'charge' AND run_table = 'app.runs') c,
  (SELECT count(*) AS made FROM retry_ledger.retry WHERE run_table = 'app.runs') r WHERE paid <> made
  AND NOT EXISTS (SELECT FROM retry_ledger.retry_policy WHERE charge_function IS NOT NULL);  -- billing of the application's own
SELECT format('%s grants stand on the ledger, and %s are to be spent', told, made) FROM
  (SELECT count(*) AS told FROM retry_ledger.ledger_entry WHERE action = 'credits_granted') l,
  (SELECT count(*) AS made FROM retry_ledger.credit_entry WHERE kind = 'grant') c WHERE told <> made;
-- Work that is handed out twice.
SELECT format('%s %s has %s items of work', run_table, run_key, count(*)) FROM retry_ledger.work_item
  WHERE row_table IS NULL GROUP BY run_table, run_key, attempt HAVING count(*) > 1;
-- Guards.  A copy of a locked database has no label.
\if :guards
SELECT format('guards of %s: %s', run_table, missing) FROM guards
  WHERE array_remove(missing, 'security label of the database') <> '{}' AND format('%s', run_table) LIKE 'app.%';
\endif
-- Indexes that our functions would take for ours, by their names.
SELECT format('index %s is %s', relname, d) FROM pg_class c, pg_get_indexdef(oid) d
  WHERE relnamespace = 'retry_ledger'::regnamespace AND relkind = 'i' AND
    ((relname, false) = ('retry_live', d LIKE '% WHERE ((voided_at IS NULL) AND claims)')
     OR (relname, false) = ('credit_entry_tenant', d LIKE '% WHERE (kind = ''grant''::text)'));
-- A column that goes with a session; tables that pg_dump leaves to an extension.
SELECT format('column %s of %s is gone, or goes with a session', attnum, attrelid::regclass) FROM pg_attribute a
  LEFT JOIN pg_type t ON t.oid = atttypid LEFT JOIN pg_collation c ON c.oid = attcollation
  WHERE attrelid IN (SELECT run_table FROM retry_ledger.governed_table)
    AND (attisdropped OR concat(typnamespace::regnamespace, collnamespace::regnamespace) LIKE '%pg\_temp\_%');
SELECT format('%s belongs to extension %s', objid::regclass, e.extname) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND objid IN (
    SELECT oid FROM pg_class WHERE relnamespace = 'app'::regnamespace);

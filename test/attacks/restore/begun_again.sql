-- role: superuser
-- tries: to make the database look as if it were still being restored, and to add rows to our own tables as a restore does
-- none: bites
-- guarded: not held
-- locked: held
-- detected: forged_link
-- errors: 42P07
DELETE FROM retry_ledger.in_use;
UPDATE retry_ledger.in_use SET since = NULL;
TRUNCATE retry_ledger.in_use;
ALTER TABLE retry_ledger.in_use DISABLE TRIGGER ALL;
ALTER EXTENSION retry_ledger DROP TABLE retry_ledger.in_use;
ALTER TABLE retry_ledger.in_use RENAME TO used;
CREATE TABLE retry_ledger.in_use (since timestamptz);
CREATE POLICY none ON retry_ledger.in_use USING (false);
CREATE RULE none AS ON SELECT TO retry_ledger.in_use DO INSTEAD SELECT NULL::timestamptz AS since WHERE false;
SECURITY LABEL FOR retry_ledger ON DATABASE :"DBNAME" IS NULL;
COPY retry_ledger.checkpoint_invalidation FROM PROGRAM 'printf "%s\tforged\tsomebody\t2024-01-05\n" $(cat /proc/sys/kernel/random/uuid)';
INSERT INTO retry_ledger.retry (retry_id, run_table, tenant, parent_key, retry_key, attempt, original_status, reason, actor, retried_at)
  VALUES (gen_random_uuid(), 'app.runs', 't1', '2', '6', 2, 'failed', 'forged', 'somebody', now());

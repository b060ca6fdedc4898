-- role: owner
-- tries: to drop the index that makes a second live retry impossible, as the owner of the schema
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704 42P01
-- setup: ALTER SCHEMA retry_ledger OWNER TO attack_owner
DROP INDEX retry_ledger.retry_live;
DROP INDEX CONCURRENTLY retry_ledger.retry_live;
DROP INDEX retry_ledger.request_key;
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (90, 't1', 'queued', 3);

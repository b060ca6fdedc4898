-- role: superuser
-- tries: indexes of his own by the names of ours, in which our functions find no credits and no retries
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42P07
ALTER INDEX retry_ledger.credit_entry_tenant RENAME TO old;
CREATE INDEX credit_entry_tenant ON retry_ledger.credit_entry (tenant, recorded_at) WHERE kind = 'grant' AND tenant <> 't1';
ALTER INDEX retry_ledger.retry_live RENAME TO old_live;
CREATE INDEX retry_live ON retry_ledger.retry (run_table, parent_key) WHERE false;
ALTER TABLE retry_ledger.credit_entry RENAME CONSTRAINT credit_entry_chain TO old_chain;

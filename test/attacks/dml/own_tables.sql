-- role: app
-- tries: to write the extension's own tables without a privilege on them
-- none: harmless
-- guarded: held
-- locked: held
UPDATE retry_ledger.governed_table SET ended_statuses = '{}';
DELETE FROM retry_ledger.ledger_entry;
DELETE FROM retry_ledger.retry;
INSERT INTO retry_ledger.run_key VALUES ('app.day_runs', '55');
UPDATE retry_ledger.retry SET voided_at = now();

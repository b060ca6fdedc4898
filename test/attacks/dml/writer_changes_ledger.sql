-- role: app
-- login: attack_writer
-- tries: as a role that may write all data: to change and delete entries, links, policies, credits
-- none: bites
-- guarded: held
-- locked: held
UPDATE retry_ledger.ledger_entry SET reason_code = 'x';
DELETE FROM retry_ledger.ledger_entry;
DELETE FROM retry_ledger.retry;
UPDATE retry_ledger.retry_policy SET max_attempts = 10;
DELETE FROM retry_ledger.request;
DELETE FROM retry_ledger.credit_entry;
TRUNCATE retry_ledger.ledger_entry;

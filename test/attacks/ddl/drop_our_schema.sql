-- role: owner
-- tries: to drop the schema of the extension, which a role of the application owns, and what is in it
-- none: bites
-- guarded: held
-- locked: held
-- setup: ALTER SCHEMA retry_ledger OWNER TO attack_owner
DROP SCHEMA retry_ledger CASCADE;
DROP TABLE retry_ledger.ledger_entry CASCADE;
DROP TABLE retry_ledger.governed_table;
DROP FUNCTION retry_ledger.guard_change() CASCADE;
DROP VIEW retry_ledger.guarded_state CASCADE;
ALTER SCHEMA retry_ledger RENAME TO gone;
ALTER TABLE retry_ledger.retry SET SCHEMA app;
DROP INDEX retry_ledger.retry_live;
DROP OWNED BY CURRENT_USER CASCADE;

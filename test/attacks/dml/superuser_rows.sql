-- role: superuser
-- tries: statements on rows, as a superuser
-- none: bites
-- guarded: held
-- locked: held
UPDATE app.runs SET error = 'x' WHERE id = 2;
DELETE FROM app.runs WHERE id = 7;
TRUNCATE app.log;
UPDATE retry_ledger.ledger_entry SET reason_code = 'x';
DELETE FROM retry_ledger.retry;

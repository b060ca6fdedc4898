-- role: owner
-- tries: DROP EXTENSION
-- none: harmless
-- guarded: held
-- locked: held
DROP EXTENSION retry_ledger;
DROP EXTENSION retry_ledger CASCADE;

-- role: superuser
-- tries: to release alone: with quote_all_identifiers the request goes on the ledger under another name, so its login isn't found
-- none: bites
-- guarded: not held
-- locked: held
-- detected: released
SET ROLE attack_owner;
SET quote_all_identifiers = on;
SELECT retry_ledger.release_governance('app.log', 'mine');
RESET quote_all_identifiers;
RESET ROLE;
SELECT retry_ledger.approve_release('app.log');
UPDATE app.log SET what = 'x';

-- role: owner
-- login: attack_second
-- tries: to release a table alone, as two roles of one session, with quote_all_identifiers
-- none: bites
-- guarded: held
-- locked: held
SET ROLE attack_owner;
SET quote_all_identifiers = on;
SELECT retry_ledger.release_governance('app.log', 'mine');
RESET quote_all_identifiers;
RESET ROLE;
SELECT retry_ledger.approve_release('app.log');
UPDATE app.log SET what = 'x';

-- role: superuser
-- tries: to release a table alone, as roles that a superuser becomes in several sessions
-- none: bites
-- guarded: not held
-- locked: held
-- detected: released
SET SESSION AUTHORIZATION attack_owner;
SELECT retry_ledger.release_governance('app.log', 'mine');
\c
SET SESSION AUTHORIZATION attack_dba;
SELECT retry_ledger.approve_release('app.log');
\c
SELECT retry_ledger.approve_release('app.log');
UPDATE app.log SET what = 'x';

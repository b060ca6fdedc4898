-- role: superuser
-- tries: to release a table alone, with a second login that a superuser makes for himself
-- none: bites
-- guarded: not held
-- locked: not held
-- detected: released
SELECT retry_ledger.release_governance('app.log', 'mine');
\c - attack_owner
SELECT retry_ledger.approve_release('app.log');
\c - postgres
UPDATE app.log SET what = 'x';

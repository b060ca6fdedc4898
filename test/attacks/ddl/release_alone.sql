-- role: owner
-- login: attack_second
-- tries: to release a table alone, as two roles of one session
-- none: bites
-- guarded: held
-- locked: held
SELECT release_governance('log', 'mine');
SELECT approve_release('log');
SET ROLE attack_owner;
SELECT approve_release('log');
SELECT release_governance('log', 'mine');
RESET ROLE;
SELECT approve_release('log');
UPDATE log SET what = 'x';

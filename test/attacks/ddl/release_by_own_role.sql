-- role: owner
-- login: attack_dba
-- tries: to release a table with a role made for it, in the same session
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42501 42704
-- setup: GRANT attack_owner TO attack_dba
SET ROLE attack_owner;
SELECT release_governance('app.log', 'mine');
CREATE ROLE attack_puppet LOGIN;
GRANT attack_owner TO attack_puppet;
GRANT attack_puppet TO attack_dba;
RESET ROLE;
SET ROLE attack_puppet;
SELECT approve_release('app.log');
UPDATE app.log SET what = 'x';
RESET ROLE;
DROP ROLE IF EXISTS attack_puppet;

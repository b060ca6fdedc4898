-- role: owner
-- login: attack_second
-- tries: to redact a run alone, as two roles of one session, and to change it by what is pending
-- none: bites
-- guarded: held
-- locked: held
SELECT retry_ledger.redact_run('app.runs', '2', '{big}', 'mine');
SELECT retry_ledger.approve_redaction('app.runs', '2', '{big}');
UPDATE app.runs SET big = NULL WHERE id = 2;
SET ROLE attack_owner;
SELECT retry_ledger.approve_redaction('app.runs', '2', '{big}');
SELECT retry_ledger.redact_run('app.runs', '2', '{big}', 'mine');
RESET ROLE;
SELECT retry_ledger.approve_redaction('app.runs', '2', '{big}');
UPDATE app.runs SET big = NULL WHERE id = 2;

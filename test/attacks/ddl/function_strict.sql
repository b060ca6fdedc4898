-- role: superuser
-- tries: a guard's condition that is no more asked where a status is NULL
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status
ALTER FUNCTION retry_ledger.guard_wakes STRICT;
UPDATE app.runs SET status = NULL WHERE id = 2;

-- role: app
-- tries: to change each column of an ended run, one at a time
-- none: bites
-- guarded: held
-- locked: held
UPDATE runs SET error = 'it was somebody else' WHERE id = 2;
UPDATE runs SET note = NULL WHERE id = 2;
UPDATE runs SET amount = 2 WHERE id = 2;
UPDATE runs SET score = 2 WHERE id = 2;
UPDATE runs SET doc = '{}' WHERE id = 2;
UPDATE runs SET spots = '{}' WHERE id = 2;
UPDATE runs SET big = big || '!' WHERE id = 2;
UPDATE runs SET blob = 1 WHERE id = 2;
UPDATE runs SET profile = NULL WHERE id = 2;
UPDATE runs SET customer_id = 2 WHERE id = 2;
UPDATE runs SET tag = 'blue' WHERE id = 2;
UPDATE runs SET status = 'queued' WHERE id = 2;
UPDATE runs SET status = 'completed' WHERE id = 2;
UPDATE runs SET status = NULL WHERE id = 2;
UPDATE runs SET tenant_id = 't2' WHERE id = 2;
UPDATE runs SET parent_run_id = 1 WHERE id = 2;
UPDATE runs SET attempt = 5 WHERE id = 2;
UPDATE runs SET is_retry = true WHERE id = 2;
UPDATE runs SET id = 1002 WHERE id = 2;

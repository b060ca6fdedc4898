-- role: app
-- tries: to give a live run another key, tenant, parent or attempt
-- none: bites
-- guarded: held
-- locked: held
UPDATE runs SET id = 1005 WHERE id = 5;
UPDATE runs SET tenant_id = 't2' WHERE id = 5;
UPDATE runs SET parent_run_id = 1 WHERE id = 5;
UPDATE runs SET attempt = 1, is_retry = false, parent_run_id = NULL WHERE id = 103;
UPDATE runs SET attempt = NULL WHERE id = 103;

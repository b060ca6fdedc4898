-- role: app
-- login: attack_tenant
-- tries: nothing: the last file ended by a role that may update one column of the runs, which is legitimate
-- none: bites
-- guarded: held
-- locked: held
-- setup: GRANT SELECT, UPDATE ON app.flow_files TO attack_tenant; GRANT SELECT, UPDATE (completed_files) ON app.flows TO attack_tenant
UPDATE flow_files SET status = 'completed' WHERE id = 22;
DO $$ BEGIN IF (SELECT status FROM app.flow_files WHERE id = 22) = 'pending' THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'refused'; END IF; END $$;

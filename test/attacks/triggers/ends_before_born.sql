-- role: app
-- tries: triggers that come before the guards end files that have just been born, before these are counted
-- none: bites
-- guarded: held
-- locked: held
-- setup: INSERT INTO app.flows (id) VALUES (4), (5)
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  UPDATE app.flow_files SET status = 'failed' WHERE run_id = NEW.run_id AND status = 'pending' AND (id = NEW.id OR NEW.run_id = 5);
  RETURN NULL; END$$;
CREATE TRIGGER aaa AFTER INSERT ON flow_files FOR EACH ROW EXECUTE FUNCTION public.hostile();
INSERT INTO flow_files (id, run_id, file_index) VALUES (41, 4, 0), (42, 4, 1);
INSERT INTO flow_files (id, run_id, file_index) VALUES (51, 5, 0), (52, 5, 1);
SELECT retry_ledger.retry_failed_files('1', run_table => 'app.flows', new_run_id => '1001');

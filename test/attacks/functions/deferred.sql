-- role: owner
-- tries: a function that leaves a deferred trigger behind, to act at commit as whoever calls
-- none: bites
-- guarded: held
-- locked: held
CREATE TABLE app.later (x int);
CREATE TABLE app.seen (who text);
CREATE FUNCTION app.act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO app.seen VALUES (current_user);
  UPDATE retry_ledger.governed_table SET ended_statuses = '{}';
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER act AFTER INSERT ON app.later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.act();
CREATE FUNCTION app.queue(jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$BEGIN INSERT INTO app.later VALUES (1); RETURN '{}'; END$$;
SELECT set_work_queue('runs', payload_function => 'app.queue(jsonb)');
SELECT retry_run(2, run_table => 'runs', new_run_id => '90');
UPDATE runs SET error = 'x' WHERE id = 2;

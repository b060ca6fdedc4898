-- role: app
-- login: attack_owner
-- tries: to crash the server: a policy that shows a run once, and not again
-- none: harmless
-- guarded: held
-- locked: held
CREATE TABLE flipping (id bigint PRIMARY KEY, tenant_id text, status text);
CREATE FUNCTION flip() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF current_setting('x.flip', true) IS NULL OR current_setting('x.flip') = '' THEN RETURN true; END IF;
  PERFORM set_config('x.flip', (current_setting('x.flip')::int - 1)::text, false);
  RETURN current_setting('x.flip')::int >= 0;
END $$;
ALTER TABLE flipping ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON flipping TO attack_app USING (app.flip());
SELECT count(*) FROM govern_runs('flipping');
GRANT ALL ON flipping TO attack_app;
INSERT INTO flipping VALUES (1, 't1', 'queued');
UPDATE flipping SET status = 'failed';
SELECT retry_run('1', run_table => 'flipping', new_run_id => '2');
\c - attack_app
SET x.flip = '1';
SELECT retry_ledger.dispatch_failed('2', run_table => 'app.flipping');
SELECT 'still there', current_setting('x.flip');

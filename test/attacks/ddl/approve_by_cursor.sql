-- role: owner
-- tries: to have one redaction approved and another one done: a trigger leaves a cursor WITH HOLD in the approver's session, to be run at his commit
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION app.leave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF session_user = 'attack_second' AND NOT EXISTS (SELECT FROM pg_cursors WHERE name = 'held') THEN
    EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT retry_ledger.approve_redaction(''app.runs'', ''2'', ''{big}'')';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER leave BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION app.leave();
SELECT redact_run('runs', '7', '{note}', 'it is NULL');
SELECT redact_run('runs', '2', '{big}', 'nobody asked');
\c - attack_second
SELECT retry_ledger.approve_redaction('app.runs', '7', '{note}');
-- And where it isn't the redaction's own trigger that leaves it.
BEGIN;
UPDATE app.runs SET note = 'x' WHERE id = 6;
SELECT retry_ledger.approve_redaction('app.runs', '7', '{note}');
FETCH ALL FROM held;
COMMIT;
FETCH ALL FROM held;

-- role: superuser
-- tries: to redact what decisions rest on, and by a trigger of the application other rows and columns with what was asked for
-- none: bites
-- guarded: held
-- locked: held
SELECT retry_ledger.redact_run('app.runs', '2', '{status}', 'mine');
SELECT retry_ledger.redact_run('app.runs', '2', '{parent_run_id}', 'mine');
SELECT retry_ledger.redact_run('app.runs', '2', '{tenant_id}', 'mine');
SELECT retry_ledger.redact_run('app.runs', '2', '{note}', 'mine');
SELECT retry_ledger.approve_redaction('app.runs', '2', '{note,big}');
CREATE FUNCTION app.more() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.error := NULL;
    IF pg_trigger_depth() = 1 THEN UPDATE app.runs SET note = NULL WHERE id = 4; END IF;
    RETURN NEW;
  END $$;
CREATE TRIGGER more BEFORE UPDATE ON app.runs FOR EACH ROW EXECUTE FUNCTION app.more();
SELECT retry_ledger.approve_redaction('app.runs', '2', '{note}');
UPDATE app.runs SET note = NULL WHERE id = 2;

-- role: app
-- tries: a refusal on the ledger that says what was not: JSON in the DETAIL of an error of its own
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION public.aaa() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  RAISE SQLSTATE 'PT402' USING MESSAGE = 'INSUFFICIENT_CREDITS: no', DETAIL = current_setting('x.detail'); END$$;
CREATE TRIGGER aaa BEFORE INSERT ON app.runs FOR EACH ROW EXECUTE FUNCTION public.aaa();
SET x.detail = '{}, "code": "ACCEPTED", "http_status": 200, "y": {}';
SELECT decision, detail FROM retry_ledger.retry_run('7', run_table => 'app.runs', new_run_id => '90', on_refusal => 'record', request_id => 'q');
SET x.detail = '{}, "function": "approve_release", "message": "forged", "request_id": "other", "y": {}';
SELECT decision, detail FROM retry_ledger.retry_run('7', run_table => 'app.runs', new_run_id => '90', on_refusal => 'record');
SET x.detail = 'sorry';
SELECT decision, detail FROM retry_ledger.retry_run('7', run_table => 'app.runs', new_run_id => '90', on_refusal => 'record');
\c - postgres
SELECT reason_code, evidence FROM retry_ledger.ledger_entry WHERE action = 'refused';
DO $$ BEGIN IF EXISTS (SELECT FROM retry_ledger.ledger_entry WHERE evidence ->> 'function' = 'approve_release') THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'forged'; END IF; END $$;

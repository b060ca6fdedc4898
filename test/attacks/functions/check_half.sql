-- role: owner
-- tries: half a character on the ledger, which no dump could bring back, by a check function that says much
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION app.checked(jsonb) RETURNS text LANGUAGE sql STABLE AS $$SELECT 'x' || repeat('é', 10000)$$;
SELECT set_work_queue('runs', check_function => 'app.checked(jsonb)');
SELECT decision FROM retry_run(2, run_table => 'runs', new_run_id => '90', on_refusal => 'record');
\c - postgres
SELECT count(*), max(length(evidence::text)) FROM retry_ledger.ledger_entry WHERE action = 'refused';
DO $$ BEGIN
  PERFORM convert_from(convert_to(evidence::text, 'UTF8'), 'UTF8') FROM retry_ledger.ledger_entry WHERE action = 'refused';
EXCEPTION WHEN character_not_in_repertoire THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'half a character'; END $$;

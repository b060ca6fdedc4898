-- role: app
-- tries: to have the ledger say that somebody else did it
-- none: harmless
-- guarded: held
-- locked: held
SET retry_ledger.actor = 'the auditor';
SET application_name = 'postgres';
SET ROLE postgres;
SET SESSION AUTHORIZATION attack_owner;
SELECT retry_run(2, run_table => 'runs', new_run_id => '90');
DO $$ BEGIN IF NOT EXISTS (SELECT FROM retry_ledger.retry_history WHERE retry_run_id = '90' AND actor = 'attack_app') THEN
  RAISE EXCEPTION SQLSTATE '22P99' USING MESSAGE = 'somebody else did it'; END IF; END $$;

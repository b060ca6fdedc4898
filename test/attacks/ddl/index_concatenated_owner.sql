-- role: owner
-- tries: the same hides a run from our statements
-- none: bites
-- guarded: held
-- locked: held
SET extra_float_digits = 0;
CREATE INDEX mine ON app.runs (id) WHERE status = 'queued' OR ((0.1::float8 + 0.2::float8) || ''::text) <> '0.3';
\c
SET search_path = app, retry_ledger;
SET enable_seqscan = off; SET jit = off;
SELECT retry_run(2, run_table => 'runs', new_run_id => '992');
-- What shows that the run wasn't found.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM runs WHERE id = 992) THEN REVOKE SELECT ON log FROM attack_app; END IF;
END $$;

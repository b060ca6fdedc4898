-- role: owner
-- tries: to have runs that ended show another error in history, by a column that is added and mapped as the error
-- none: harmless
-- guarded: held
-- locked: held
ALTER TABLE app.day_runs ADD COLUMN err2 text DEFAULT 'connection timed out';
SELECT count(*) FROM govern_runs('app.day_runs', error_column => 'err2');
SELECT count(*) FROM govern_runs('app.day_runs', error_column => 'note');
SELECT count(*) FROM govern_runs('app.day_runs', error_column => '');
DO $$BEGIN IF (SELECT original_error IS DISTINCT FROM 'boom' FROM app.day_runs_retry_history WHERE original_run_id = '2')
  OR (SELECT error IS DISTINCT FROM 'boom' FROM retry_lineage(2, run_table => 'app.day_runs') WHERE run_id = '2') THEN
  REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;

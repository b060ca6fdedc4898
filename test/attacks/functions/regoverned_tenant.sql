-- role: owner
-- tries: to have a request carried out twice, by a tenant that runs get after they are recorded
-- none: harmless
-- guarded: held
-- locked: held
SELECT replayed FROM retry_run(1, run_table => 'app.day_runs', new_run_id => '101', request_id => 'r1');
SELECT count(*) FROM dispatch_failed(101, run_table => 'app.day_runs');
SELECT count(*) FROM govern_runs('app.day_runs', tenant_column => 'note');
SELECT replayed FROM retry_run(1, run_table => 'app.day_runs', new_run_id => '1001', request_id => 'r1');
DO $$BEGIN IF (SELECT count(*) > 1 FROM app.day_runs WHERE parent_run_id = 1) THEN
  REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;

-- role: owner
-- tries: to end running runs, and files, by what is said of their status
-- none: bites
-- guarded: held
-- locked: held
SELECT count(*) FROM govern_runs('app.runs', statuses => '{"initial":["queued"],"active":[],"ended":["completed","failed","running"]}',
  transitions => '{"queued": ["running", "completed", "failed"]}');
UPDATE app.runs SET status = 'failed', error = 'gone' WHERE id = 5;
UPDATE app.flow_files SET status = 'processing' WHERE id = 31;
SELECT count(*) FROM govern_files('app.flow_files', 'app.flows', statuses => '{"initial":["pending"],"active":[],"ended":["completed","failed","processing"]}');
DO $$BEGIN IF (SELECT status = 'running' FROM app.runs WHERE id = 5) OR (SELECT files = 1 AND error = 1 FROM file_count WHERE run_key = '3') THEN
  REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;

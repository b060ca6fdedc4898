-- A video pipeline's jobs, as its orchestrator sees them: governed, resumable, handed out with everything that is
-- needed to run them (requirements J1 to J13), and a schema for PostgREST.
CREATE TABLE jobs (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner         text NOT NULL,
  project_id    text NOT NULL,
  video_uri     text NOT NULL,
  callback_url  text NOT NULL,
  model_profile text,
  status        text NOT NULL DEFAULT 'QUEUED',
  error         text
);
SELECT * FROM govern_runs('jobs', tenant_column => 'owner', label => 'job',
  statuses => '{"initial": ["QUEUED"], "active": ["DISPATCHED", "TRANSCRIBED", "RENDERED"], "ended": ["DONE", "FAILED"]}',
  transitions => '{"QUEUED": ["DISPATCHED", "FAILED"], "DISPATCHED": ["TRANSCRIBED", "FAILED"],
                   "TRANSCRIBED": ["RENDERED", "FAILED"], "RENDERED": ["DONE", "FAILED"]}');
SELECT set_retry_policy('jobs', retryable_statuses => '{FAILED}', max_attempts => 4, retries_per_root => 3,
  profile_column => 'model_profile', profiles => '{small,large}', price_column => NULL, price => 1);
SELECT set_work_queue('jobs', 'jobs', dispatch => 'all', payload => '{"job_id": {"$work": "job_id"},
  "project_id": {"$column": "project_id"}, "video_uri": {"$column": "video_uri"}, "callback_url": {"$column": "callback_url"},
  "resume_from_status": {"$work": "resume_from_status"}, "checkpoint_ref": {"$work": "checkpoint_ref"},
  "model_profile": {"$column": "model_profile"}}');
SELECT * FROM create_api_schema('api');

-- Who calls over HTTP.  PostgREST logs in as authenticator and becomes the role that a request's token names.
GRANT USAGE ON SCHEMA api, retry_ledger TO orchestrator, viewer;
GRANT SELECT, INSERT, UPDATE ON jobs TO orchestrator;
GRANT SELECT ON jobs TO viewer;
GRANT EXECUTE ON FUNCTION api.claim_work, api.finish_work, api.dispatch_failed TO orchestrator;
DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'retry_ledger'::regnamespace
      AND p.proname IN ('claim_work', 'finish_work', 'dispatch_failed') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO orchestrator', f);
  END LOOP; END $$;

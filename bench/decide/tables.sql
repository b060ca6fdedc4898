CREATE TABLE ci_jobs (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner           text NOT NULL,
  repo            text NOT NULL,
  pr_number       int,
  workflow_run_id bigint NOT NULL,
  job_name        text NOT NULL,
  conclusion      text NOT NULL DEFAULT 'queued',
  error           text,
  created_at      timestamptz NOT NULL DEFAULT now(),
  completed_at    timestamptz,
  parent_run_id   uuid,
  attempt         int NOT NULL DEFAULT 1,
  is_retry        boolean NOT NULL DEFAULT false
);
CREATE INDEX ci_jobs_target ON ci_jobs (owner, repo, workflow_run_id);

-- An application's own tables, as they are before anybody governs them: runs of workers, and their traces.
CREATE TABLE worker_runs (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id    text NOT NULL,
  worker_id    text NOT NULL,
  task         text NOT NULL,
  status       text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
  error        text,
  started_at   timestamptz,
  completed_at timestamptz
);

CREATE TABLE aos_traces (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  run_id      uuid NOT NULL REFERENCES worker_runs,
  tenant_id   text NOT NULL,
  root_hash   text NOT NULL,
  verified_at timestamptz,
  verified_by text
);

CREATE TABLE aos_trace_steps (
  trace_id    uuid NOT NULL REFERENCES aos_traces,
  step_index  int NOT NULL,
  step        text NOT NULL,
  duration_ms int NOT NULL,
  PRIMARY KEY (trace_id, step_index)
);

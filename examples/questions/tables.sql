\set ECHO none
\echo
\echo '-- 1. The application''s own tables: a job has questions, an execution is one question in one region'
CREATE TABLE jobs (
  id           bigint PRIMARY KEY,
  jobspec_data jsonb NOT NULL
);
CREATE TABLE executions (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id         bigint NOT NULL REFERENCES jobs,
  region         text NOT NULL,
  model_id       text,
  question_index int NOT NULL,
  status         text NOT NULL DEFAULT 'pending'
                 CHECK (status IN ('pending', 'running', 'completed', 'failed', 'timeout', 'error')),
  provider_id    text,
  output_data    jsonb,
  original_error text,
  created_at     timestamptz NOT NULL DEFAULT now(),
  started_at     timestamptz,
  completed_at   timestamptz
);
CREATE INDEX executions_job ON executions (job_id, region, question_index);

INSERT INTO jobs VALUES (1, '{"input": {"system_prompt": "Answer in one sentence.", "questions": [
  {"prompt": "Who wrote the first program?"},
  {"prompt": "Who found the first bug?", "system_prompt": "Answer with a name only."}]}}');
INSERT INTO executions (job_id, region, question_index, status, provider_id, output_data, original_error, started_at, completed_at)
VALUES (1, 'eu-west', 0, 'completed', 'eu-a', '{"response": "Ada Lovelace.", "duration_ms": 812, "tokens": 9}', NULL, now(), now()),
       (1, 'eu-west', 1, 'failed', 'eu-a', NULL, 'HTTP 503 Service Unavailable', now(), now()),
       (1, 'us-east', 0, 'timeout', 'us-a', NULL, 'timed out after 60 s', now(), now()),
       (1, 'us-east', 1, 'error', 'us-b', NULL, 'HTTP 429 Too Many Requests', now(), now());
SELECT id, region, question_index, status, provider_id, original_error FROM executions ORDER BY id;
\set ECHO queries

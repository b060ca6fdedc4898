-- Names and keys are compared as bytes (COLLATE "C"): an index of ours survives a new libc.
--
-- One row for each retry: the link between a run that ended and the new run that retries it.
-- Live means not void, whether running or ended.  retry_live is what makes a second live retry impossible.
CREATE TABLE @extschema@.retry (
  retry_id        uuid PRIMARY KEY,           -- UUIDv7
  run_table       text COLLATE "C" NOT NULL,
  tenant          text COLLATE "C",
  parent_key      text COLLATE "C" NOT NULL,
  retry_key       text COLLATE "C" NOT NULL,
  attempt         int NOT NULL,               -- of the retry: 2 for the first
  original_status text NOT NULL,
  original_error  text,                       -- its first 10,000 characters; the run itself has it whole
  reason          text NOT NULL,
  actor           text NOT NULL,              -- current_user
  retried_at      timestamptz NOT NULL,
  failure_class   text,                       -- of the parent's error; NULL: it can't be told
  policy_hash     bytea,                      -- in force at the decision; NULL: found at adoption
  not_before      timestamptz,                -- when its work may be handed out; NULL: at once
  claims          boolean NOT NULL DEFAULT true,  -- false: an older sibling, found at adoption
  voided_at       timestamptz,
  resume_from_status text,                    -- where it goes on; NULL: it starts over
  checkpoint_ref  text,
  checkpoint_id   text                        -- of the table checkpoint, or of the application's artifacts
);
CREATE UNIQUE INDEX retry_live ON @extschema@.retry (run_table, parent_key) WHERE voided_at IS NULL AND claims;
CREATE UNIQUE INDEX retry_child ON @extschema@.retry (run_table, retry_key);
CREATE INDEX retry_parent ON @extschema@.retry (run_table, parent_key);
CREATE INDEX retry_tenant ON @extschema@.retry (tenant, run_table, retried_at);
CREATE INDEX retry_recent ON @extschema@.retry (retried_at);
REVOKE ALL ON @extschema@.retry FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.retry', '');
COMMENT ON TABLE @extschema@.retry IS 'which run retries which, why and who asked; at most one live retry per run';

-- Policies are versions, never changed: the newest of a table is in force, else the newest with run_table NULL,
-- else the built-in one (only `failed`, 3 retries, whoever may insert).
CREATE TABLE @extschema@.retry_policy (
  policy_id          uuid PRIMARY KEY,
  run_table          text COLLATE "C",
  version            int NOT NULL,
  max_attempts       int NOT NULL CHECK (max_attempts BETWEEN 1 AND 10),
  retryable_statuses text[] NOT NULL,
  retry_roles        text[],                  -- NULL: whoever may INSERT
  override_roles     text[],                  -- NULL: nobody
  failure_classes    text[],                  -- NULL: not looked at
  failure_patterns   text[] NOT NULL,         -- the table's own rules, in order,
  failure_pattern_classes text[] NOT NULL,    -- and what they say; '': that nothing can be told
  profile_column     text,
  profiles           text[] NOT NULL,
  override_columns   text[],                  -- NULL: not looked at
  backoff_base_us    bigint NOT NULL,         -- microseconds
  backoff_factor_thousandths bigint NOT NULL,
  backoff_cap_us     bigint,
  backoff_jitter_thousandths bigint NOT NULL,
  deadline_us        bigint,
  retries_per_root   int,
  retries_per_tenant int,
  tenant_window_us   bigint NOT NULL,
  environment        text NOT NULL CHECK (environment IN ('prod', 'staging')),
  max_attempts_column text,                   -- of each run; NULL: only the policy's
  price              bigint,                  -- credits per retry: one of the three, NULL: free
  price_column       text,
  price_function     text,                    -- functions by their signature: app.price(jsonb)
  charge_function    text,                    -- NULL: our own credits
  refund_function    text,
  tenant_profiles    jsonb,                   -- {tenant: [profile, …]}: those that have a list of their own
  profile_fallback   text[],                  -- NULL: a profile that isn't allowed is refused
  audit_transitions  boolean NOT NULL DEFAULT false,
  reason             text,
  set_by             text NOT NULL,
  set_at             timestamptz NOT NULL,
  policy_hash        bytea NOT NULL,          -- over canonical bytes of the rules: doc/formats.md
  UNIQUE NULLS NOT DISTINCT (run_table, version)
);
REVOKE ALL ON @extschema@.retry_policy FROM PUBLIC;
GRANT SELECT ON @extschema@.retry_policy TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.retry_policy', '');
COMMENT ON TABLE @extschema@.retry_policy IS 'append-only versions of the rules under which runs may be retried';

-- Answers to requests that named a request_id: the same request gets the same answer, for good.
CREATE TABLE @extschema@.request (
  run_table    text COLLATE "C" NOT NULL,
  tenant       text COLLATE "C",
  request_id   text COLLATE "C" NOT NULL,
  asked_by     text COLLATE "C",              -- role; NULL where the answer doesn't rest on which rows it sees
  fingerprint  bytea NOT NULL,                -- SHA-256 over what was asked for
  answer       jsonb NOT NULL,
  answered_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX request_key ON @extschema@.request (run_table, request_id, tenant, asked_by) NULLS NOT DISTINCT;
REVOKE ALL ON @extschema@.request FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.request', '');
COMMENT ON TABLE @extschema@.request IS 'requests that named a request_id, and what they were answered';

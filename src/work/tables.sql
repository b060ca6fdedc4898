-- The work queue: what runs and retries are to be carried out, handed out under leases.
--
-- How the work of a governed table is handed out.  One row a table; changed by set_work_queue only, each change on
-- the ledger.  Lengths of time are microseconds.
CREATE TABLE @extschema@.work_queue (
  run_table           regclass PRIMARY KEY,
  queue               text COLLATE "C" NOT NULL,
  dispatch            text NOT NULL CHECK (dispatch IN ('retries', 'all', 'none')),
  mode                text CHECK (mode IN ('file', 'batch')),      -- of tables of files
  payload             jsonb,                  -- template; NULL: the row's input columns
  payload_function    text,                   -- signature, as regprocedure prints it
  check_function      text,
  priority            int NOT NULL,
  priority_column     name,
  lease_us            bigint NOT NULL,
  timeout_us          bigint,                 -- NULL: none
  max_deliveries      int NOT NULL,           -- 1: a lost lease ends the attempt
  start_status        text,                   -- that a claim gives to the row; NULL: it leaves it alone
  timeout_status      text NOT NULL,
  interrupted_status  text NOT NULL,
  started_column      name,                   -- times that a claim and an end fill in
  finished_column     name,
  rate_limit          int,                    -- claims of the queue in rate_window
  rate_window_us      bigint NOT NULL,
  tenant_rate_limit   int,
  tenant_rate_window_us bigint NOT NULL,
  notify              boolean NOT NULL,
  set_by              text NOT NULL,
  set_at              timestamptz NOT NULL
);
REVOKE ALL ON @extschema@.work_queue FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.work_queue', '');
COMMENT ON TABLE @extschema@.work_queue IS 'how the work of each governed table is handed out';

-- One row for each piece of work, under an id that says what it is: a run's key, or `<run key>:file:<index>`; in a
-- key `:file` is written as `:file%`.
-- queued: may be claimed now.  scheduled: not before its time.  leased: somebody has it until lease_until.
-- done: its row has ended.  void: it was never handed out, and won't be.
CREATE TABLE @extschema@.work_item (
  job_id       text COLLATE "C" NOT NULL,
  run_table    text COLLATE "C" NOT NULL,     -- the table of the run
  run_key      text COLLATE "C" NOT NULL,
  row_table    text COLLATE "C",              -- of the row that is settled; NULL: the run itself
  row_key      text COLLATE "C",
  kind         text NOT NULL CHECK (kind IN ('run', 'retry')),
  queue        text COLLATE "C" NOT NULL,
  tenant       text COLLATE "C",
  attempt      int NOT NULL,
  priority     int NOT NULL,
  not_before   timestamptz,
  payload      jsonb NOT NULL,
  state        text NOT NULL CHECK (state IN ('queued', 'scheduled', 'leased', 'done', 'void')),
  fence        bigint NOT NULL DEFAULT 0,     -- grows with each claim
  worker       text,
  lease_until  timestamptz,
  deadline     timestamptz,
  deliveries   int NOT NULL DEFAULT 0,
  enqueued_at  timestamptz NOT NULL,
  claimed_at   timestamptz,                   -- first
  finished_at  timestamptz,
  final_status text,
  leased_to    text,                          -- the role that claimed it last
  put_off      int,                           -- how often its row couldn't be started
  PRIMARY KEY (job_id, run_table)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
-- Partial: what is done costs a claim nothing.
CREATE INDEX work_item_queued ON @extschema@.work_item (queue, priority DESC, enqueued_at) WHERE state = 'queued';
CREATE INDEX work_item_scheduled ON @extschema@.work_item (queue, not_before) WHERE state = 'scheduled';
CREATE INDEX work_item_leased ON @extschema@.work_item (queue, lease_until) WHERE state = 'leased';
REVOKE ALL ON @extschema@.work_item FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.work_item', '');
COMMENT ON TABLE @extschema@.work_item IS 'the work of runs and retries: queued, leased under a fence, done';

-- What is left of the claims that a rate limit allows: a bucket that fills with time.
CREATE TABLE @extschema@.work_rate (
  queue       text COLLATE "C" NOT NULL,
  tenant      text COLLATE "C",               -- NULL: of the queue as a whole
  tokens      float8 NOT NULL,
  filled_at   timestamptz NOT NULL
);
CREATE UNIQUE INDEX work_rate_key ON @extschema@.work_rate (queue, tenant) NULLS NOT DISTINCT;
REVOKE ALL ON @extschema@.work_rate FROM PUBLIC;
COMMENT ON TABLE @extschema@.work_rate IS 'what rate limits leave of claims; losing it loses nothing';

-- What is governed, and how its columns are mapped.  Tables by regclass, columns by name, no OID and no
-- attribute number: dump, restore and pg_upgrade carry it as it is.
CREATE TABLE @extschema@.governed_table (
  run_table         regclass PRIMARY KEY,
  table_name        text COLLATE "C" NOT NULL UNIQUE,     -- schema-qualified: the table's name on ledger and in retry
  kind              text NOT NULL CHECK (kind IN ('runs', 'files', 'append_only', 'write_once')),
  label             text NOT NULL,
  key_column        name,
  status_column     name,
  tenant_column     name,
  parent_column     name,
  attempt_column    name,
  is_retry_column   name,
  error_column      name,
  reason_column     name,
  run_column        name,                     -- kind files: which run a file is of,
  index_column      name,                     -- and which of its files it is
  initial_statuses  text[] NOT NULL DEFAULT '{}',
  active_statuses   text[] NOT NULL DEFAULT '{}',
  ended_statuses    text[] NOT NULL DEFAULT '{}',
  transitions       jsonb,                    -- {"queued": ["running", …]}; NULL: any, as long as not ended
  input_columns     name[] NOT NULL DEFAULT '{}',
  outcome_columns   name[] NOT NULL DEFAULT '{}',
  frozen_columns    name[] NOT NULL DEFAULT '{}',  -- never change after birth: key, lineage, tenant, partition key
  once_columns      name[] NOT NULL DEFAULT '{}',  -- kind write_once: may go from NULL to a value once
  now_columns       name[] NOT NULL DEFAULT '{}',  -- NOT NULL timestamps without a default: a retry gets now()
  new_key           text NOT NULL DEFAULT 'default' CHECK (new_key IN ('default', 'uuid', 'caller')),
  own_key_rows      boolean NOT NULL DEFAULT false, -- no unique index on the key alone: run_key keeps them unique
  void_status       text,
  require_tenant    boolean NOT NULL DEFAULT false,
  of_table          regclass UNIQUE,          -- kind files: the governed table of their runs
  retry_statuses    text[] NOT NULL DEFAULT '{}',  -- kind files: what a retry of the run takes up
  success_statuses  text[] NOT NULL DEFAULT '{}',  -- kind files: what says that a file has completed
  completed_status  text,                     -- kind files: how a run ends whose files have all completed,
  partial_status    text,                     -- and how one of which some haven't
  completed_column  name,                     -- kind files: columns of the run that count them at its end
  failed_column     name,
  attempt_base      int NOT NULL DEFAULT 1,   -- what the first attempt says: 0 where retries are counted
  locked            boolean NOT NULL DEFAULT false, -- only a server that preloads the library takes writes
  accepted          jsonb NOT NULL DEFAULT '{}',   -- row level security, policies and rules as accepted
  governed_by       text NOT NULL,
  governed_at       timestamptz NOT NULL,
  release_requested_by text,
  release_requested_at timestamptz,
  release_reason    text,
  retention         jsonb,                    -- for how long runs are kept: {"keep", "set_by", "set_at"}; NULL: for good
  pending           jsonb NOT NULL DEFAULT '{}'   -- what was asked for and takes another role: {what: {"by", "at", …}}
);
REVOKE ALL ON @extschema@.governed_table FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.governed_table', '');

-- The keys of governed tables that have no unique index on the key alone (partitioned ones, mostly), and of rows that are gone.
CREATE TABLE @extschema@.run_key (
  run_table text COLLATE "C" NOT NULL,
  run_key   text COLLATE "C" NOT NULL,
  PRIMARY KEY (run_table, run_key)
);
REVOKE ALL ON @extschema@.run_key FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.run_key', '');

-- Not in dumps: whether what is locked here came with a restore, whose rows of our own tables may still come.
CREATE TABLE @extschema@.in_use (since timestamptz NOT NULL);
REVOKE ALL ON @extschema@.in_use FROM PUBLIC;
COMMENT ON TABLE @extschema@.in_use IS
  'internal: has a row once this database has locked a table itself or, since its restore, made an entry on the ledger';

-- Also read by the library, as one query, when it loads what is governed.
CREATE VIEW @extschema@.governed_tables AS
  SELECT run_table, kind, label, key_column, status_column, tenant_column, parent_column, attempt_column,
         is_retry_column, error_column, reason_column, initial_statuses, active_statuses, ended_statuses,
         transitions, input_columns, outcome_columns, frozen_columns, once_columns, void_status, require_tenant,
         governed_by, governed_at, release_requested_by, release_requested_at,
         of_table, run_column, index_column, retry_statuses, success_statuses, completed_status, partial_status,
         locked
  FROM @extschema@.governed_table;
GRANT SELECT ON @extschema@.governed_tables TO PUBLIC;
COMMENT ON VIEW @extschema@.governed_tables IS 'the governed tables, and how each column of theirs is mapped';

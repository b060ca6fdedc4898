-- The ledger: one append-only row for each decision and each end of a run.
--
-- leaf_hash is SHA-256 over the canonical bytes of all other columns (doc/formats.md).  A row is always
-- written with it from C++; a row that comes from elsewhere (restore, replication) must bring a right one.
CREATE TABLE @extschema@.ledger_entry (
  entry_id         uuid PRIMARY KEY,          -- UUIDv7 (RFC 9562): ordered by time
  recorded_at      timestamptz NOT NULL,
  action           text NOT NULL,             -- adopted, retried, ended, policy_set, released, …
  run_table        text COLLATE "C",                      -- schema-qualified, quoted where needed
  run_key          text COLLATE "C",
  tenant           text COLLATE "C",
  attempt          int,
  reason_code      text,
  prior_status     text,
  failure_class    text,
  policy_hash      bytea,
  session_role     text NOT NULL,             -- session_user
  acting_role      text NOT NULL,             -- current_user
  application_name text,
  claimed_actor    text,                      -- the setting retry_ledger.actor: a claim, not a fact
  transaction_id   xid8 NOT NULL,
  content_hash     bytea,                     -- of the run's row, when it ended or was retried
  evidence         jsonb NOT NULL,
  leaf_hash        bytea NOT NULL
);
CREATE INDEX ledger_entry_run ON @extschema@.ledger_entry (run_table, run_key, recorded_at);
CREATE INDEX ledger_entry_tenant ON @extschema@.ledger_entry (tenant, recorded_at);
REVOKE ALL ON @extschema@.ledger_entry FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.ledger_entry', '');
COMMENT ON TABLE @extschema@.ledger_entry IS
  'append-only: what was decided about which run, by whom, when, under which policy';

CREATE FUNCTION @extschema@.ledger_leaf_hash(entry @extschema@.ledger_entry) RETURNS bytea
  AS 'MODULE_PATHNAME', 'ledger_leaf_hash' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ledger_leaf_hash IS
  'SHA-256 over the canonical bytes of a ledger entry, as it should stand in leaf_hash';

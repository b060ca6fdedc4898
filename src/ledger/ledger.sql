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
  content_hash     bytea,                     -- of the run's row, when it ended, was retried or redacted
  evidence         jsonb NOT NULL,
  leaf_hash        bytea NOT NULL
);
CREATE INDEX ledger_entry_run ON @extschema@.ledger_entry (run_table, run_key, recorded_at);
CREATE INDEX ledger_entry_tenant ON @extschema@.ledger_entry (tenant, recorded_at) WHERE tenant IS NOT NULL;
REVOKE ALL ON @extschema@.ledger_entry FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.ledger_entry', '');
COMMENT ON TABLE @extschema@.ledger_entry IS
  'append-only: what was decided about which run, by whom, when, under which policy';

CREATE FUNCTION @extschema@.ledger_leaf_hash(entry @extschema@.ledger_entry) RETURNS bytea
  AS 'MODULE_PATHNAME', 'ledger_leaf_hash' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ledger_leaf_hash IS
  'SHA-256 over the canonical bytes of a ledger entry, as it should stand in leaf_hash';

-- ledger_content_hash: the content hash of a row of a governed table, as the entry of its end keeps it: over its stored
-- columns that aren't NULL, whatever the settings.  Whoever changed an ended row around the guards didn't change that entry:
--   SELECT e.run_key FROM ledger_entry e JOIN my_runs r ON r.id::text = e.run_key
--     WHERE e.run_table = 'public.my_runs' AND e.action = 'ended' AND e.content_hash <> ledger_content_hash(r, (
--       SELECT jsonb_object_agg(c.evidence->>'column', c.evidence->>'value' ORDER BY c.entry_id) FROM ledger_entry c
--         WHERE c.run_table = e.run_table AND c.action = 'column_added' AND c.entry_id > e.entry_id));
-- Of a run that was redacted the entry redacted counts instead (doc/formats.md).
-- A column that was added since counts where it isn't NULL, unless `added` names it and the row has that value in it: what
-- ended rows got with ADD COLUMN … DEFAULT.  Who may call: everybody, with a row that they can read.
CREATE FUNCTION @extschema@.ledger_content_hash(run record) RETURNS bytea
  AS 'MODULE_PATHNAME', 'ledger_content_hash' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ledger_content_hash(record) IS
  'SHA-256 over the canonical bytes of a row, as the entry of its end keeps it in content_hash';

CREATE FUNCTION @extschema@.ledger_content_hash(run record, added jsonb) RETURNS bytea
  AS 'MODULE_PATHNAME', 'ledger_content_hash_before' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ledger_content_hash(record, jsonb) IS
  'the same without columns added since, {column: value}, where the row has that value in them';

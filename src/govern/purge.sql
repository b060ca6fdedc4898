-- Old partitions go: under a retention, by two roles, on the ledger.

-- set_retention: for how long runs of a table are kept after their end, at least.
--   run_table  a governed, partitioned table of runs: its root
--   keep       an interval; the newest one counts
--   reason     why, kept on the ledger
-- Result: what was set, in rows as those of govern_runs.  Nothing goes by it alone.
-- Errors: 55000, 22023, INVALID_REASON, 42501.  Who may call: the table's owner, superusers.
CREATE FUNCTION @extschema@.set_retention(run_table regclass, keep interval, reason text)
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'set_retention' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.set_retention IS
  'says for how long runs of a partitioned table are kept after their end, on the ledger';

-- purge_governed: asks for the purge of a whole partition.
--   partition  a partition, at whatever level, of a governed table of runs
--   reason     why, kept on the ledger
-- Result: what would go: rows, when they ended, their digest (doc/formats.md); and the call that approves it.
-- Errors: 55000 where no retention is set, a run of it goes on, ended too recently, or has a retry (however far down) of
-- which either holds; 0A000 where its runs have governed files; INVALID_REASON, 42501.
-- Who may call: the table's owner, superusers.
CREATE FUNCTION @extschema@.purge_governed(partition regclass, reason text)
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'purge_governed' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.purge_governed IS
  'asks for the purge of an old partition; another role approves it within 1 hour';

-- approve_purge: looks at everything again, then detaches and drops the partition and records what went.
-- Errors: those of purge_governed, and 55000 if nobody asked, too long ago, or its rows have changed since; 42501 for the
-- role, or session of the role, that asked.  Who may call: the table's owner, superusers.
CREATE FUNCTION @extschema@.approve_purge(partition regclass)
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'approve_purge' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.approve_purge IS
  'approves the purge that another role asked for: the partition goes, ledger, retries and credits stay';

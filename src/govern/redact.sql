-- Personal data goes out of runs that have ended: named columns of one row, by two roles, on the ledger.

-- redact_run: asks for it.
--   run_table  a governed table of runs: its root
--   run_id     a run that has ended, as text
--   columns    become NULL; not key, status, tenant, lineage, partition key, or what the policy reads
--   reason     why, kept on the ledger: without what is to go
-- Result: the call that approves it, in rows as those of govern_runs.
-- Errors: 55000, 42703, 23502 for a column that is NOT NULL, 02000 without such a run, INVALID_REASON, 42501.
-- Who may call: the table's owner, superusers.
CREATE FUNCTION @extschema@.redact_run(run_table regclass, run_id text, columns name[], reason text)
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'redact_run' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.redact_run IS
  'asks for columns of an ended run to be made NULL; another role approves it within 1 hour';

-- approve_redaction: makes the columns NULL, and original_error of the run's retries where the error is among them.
-- Result: what was done, and the salt of the hashes on the ledger, which is kept nowhere.
-- Errors: those of redact_run, and 55000 if nobody asked, too long ago, for other columns, or the row has changed since;
-- 42501 for the role, or session of the role, that asked.  Who may call: the table's owner, superusers.
CREATE FUNCTION @extschema@.approve_redaction(run_table regclass, run_id text, columns name[])
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'approve_redaction' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.approve_redaction IS
  'approves the redaction that another role asked for: the columns become NULL, their hashes stay on the ledger';

-- refusal_queue_status: raised refusals on their way to the ledger, of all databases of this server.
-- Result: one row.
--   queue_size      how many may wait; 0: nothing is kept (the library isn't preloaded, or the setting
--                   retry_ledger.refusal_queue_size is 0)
--   waiting         how many wait now
--   written         how many have been written to ledgers
--   dropped         how many found the queue full, or half of it taken by their role in their database, and are on
--                   no ledger
--   discarded       how many were let go because their database or its extension was dropped, or because they
--                   couldn't be written within some minutes (then the server's log has them)
--   oldest_waiting  when the first of those that wait was raised
-- The counters live as long as the server, restarts included; a crash sets them to 0.
-- Who may call: pg_monitor.
CREATE FUNCTION @extschema@.refusal_queue_status(
  OUT queue_size int, OUT waiting int, OUT written bigint, OUT dropped bigint, OUT discarded bigint,
  OUT oldest_waiting timestamptz)
  AS 'MODULE_PATHNAME', 'refusal_queue_status' LANGUAGE C VOLATILE;
REVOKE ALL ON FUNCTION @extschema@.refusal_queue_status() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.refusal_queue_status() TO pg_monitor;
COMMENT ON FUNCTION @extschema@.refusal_queue_status() IS
  'raised refusals on their way to the ledger: how many wait, were written, were lost';

-- set_work_queue: how the work of a governed table is handed out, from now on.
--   run_table           the governed table
--   queue               its name, 1 to 200 bytes; by default the table's label.  Several tables may share one
--   dispatch            'retries': retries become work (default); 'all': first runs too; 'none': nothing does
--   mode                'file' or 'batch', for tables of files only: one job each, or one for the whole run
--   payload             what work carries, a JSON object in which {"$column": "c"}, {"$column": "c", "default": ...},
--                       {"$lineage": "c"} (distinct values of earlier attempts, oldest first) and
--                       {"$work": "job_id" | "run_id" | "attempt" | "kind" | "tenant" | "file_index" |
--                       "original_run_id" | "not_before" | "resume_from_status" | "checkpoint_ref"} are filled in; by default the row's input columns
--   payload_function    or a function f(jsonb) of the application that returns it; it is given {"job_id", "kind",
--                       "attempt", "run", "previous"} and runs as the table's owner, restricted
--   check_function      f(jsonb) of the same kind: what it returns refuses a retry as INVALID_REQUEST; NULL or ''
--                       lets it pass; it is given {"run_id", "attempt", "reason", "run"}
--   priority            of the work, greater ones first; 0 by default
--   priority_column     an integer column of the row that says it instead, where it isn't NULL
--   lease               how long a claim holds; 60 seconds by default
--   timeout             how long a worker may take in all, however often it extends its lease; by default no limit
--   max_deliveries      how often the same attempt may be handed out; 1 by default: a lost lease ends the attempt
--   start_status        that a claim gives to the row; by default the first active status; '' leaves it alone
--   timeout_status      in which a row ends whose time is up; by default one that is called so, or the void status
--   interrupted_status  in which a row ends whose lease was lost; by default the void status
--   started_column,     times that a claim and an end fill in; by default started_at; completed_at, finished_at or
--   finished_column     ended_at, if the table has such outcome columns; '' for none
--   rate_limit          at most so many claims of the queue in rate_window (1 minute); of several tables that share
--                       a queue the strictest counts
--   tenant_rate_limit   the same for each tenant, in tenant_rate_window (1 minute)
--   notify              whether NOTIFY retry_ledger_work, '<queue>' tells at commit that work may be claimed; true
--   clear               settings that go back to their defaults
-- What is NULL stays as it is, at first the default.  Result: the queue's name.
-- Errors: INVALID_WORK_QUEUE, INVALID_RUN_TABLE, NOT_ALLOWED.  Who may call: the table's owner, superusers; if other
-- tables are in the queue, who may act for their owners as well.
CREATE FUNCTION @extschema@.set_work_queue(
  run_table regclass, queue text DEFAULT NULL, dispatch text DEFAULT NULL, mode text DEFAULT NULL,
  payload jsonb DEFAULT NULL, payload_function text DEFAULT NULL, check_function text DEFAULT NULL,
  priority int DEFAULT NULL, priority_column name DEFAULT NULL, lease interval DEFAULT NULL,
  timeout interval DEFAULT NULL, max_deliveries int DEFAULT NULL, start_status text DEFAULT NULL,
  timeout_status text DEFAULT NULL, interrupted_status text DEFAULT NULL, started_column name DEFAULT NULL,
  finished_column name DEFAULT NULL, rate_limit int DEFAULT NULL, rate_window interval DEFAULT NULL,
  tenant_rate_limit int DEFAULT NULL, tenant_rate_window interval DEFAULT NULL, notify boolean DEFAULT NULL,
  clear text[] DEFAULT NULL)
  RETURNS text AS 'MODULE_PATHNAME', 'set_work_queue' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.set_work_queue IS 'how the work of a governed table''s runs and retries is handed out';

-- claim_work: takes work from a queue, under a lease.
--   queue   its name
--   worker  who takes it, kept with the item; at most 200 bytes
--   batch   at most so many items, 1 to 1000
--   lease   how long it holds; by default the table's
-- Result: an item a row, greater priority first, then the older; none if there is nothing to claim now.  fence is to
-- be shown with each report on the item; delivery counts how often this attempt was handed out.  The rows go to the
-- start status, as their worker's UPDATE: it needs SELECT and UPDATE on the tables, and sees all their rows.  Work
-- whose row has ended by other hands is settled and not handed out.  Leases that ran out are settled first.  A row
-- that can't be started waits, longer each time, up to an hour; the ledger has start_failed.
-- Errors: INVALID_WORK, NOT_ALLOWED.  Who may call: roles that were granted it.
CREATE FUNCTION @extschema@.claim_work(
  queue text, worker text, batch int DEFAULT 1, lease interval DEFAULT NULL,
  OUT job_id text, OUT fence bigint, OUT kind text, OUT run_table text, OUT run_id text, OUT tenant text,
  OUT attempt int, OUT payload jsonb, OUT lease_until timestamptz, OUT deadline timestamptz, OUT delivery int)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'claim_work' LANGUAGE C VOLATILE ROWS 10;
REVOKE ALL ON FUNCTION @extschema@.claim_work FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.claim_work IS 'takes work from a queue, under a lease with a fence';

-- finish_work: an item is done: its row ends in `status`, with its outcome, in one transaction.
--   job_id, fence  as claim_work gave them
--   status         an ended status of the row's table
--   outcome        {"column": value}: outcome columns and the error column
--   run_table      where the id could be of several tables, or another role claimed the work
-- A report counts as long as the item is leased under that fence, also after lease_until if nobody has noticed.
-- The row is updated as the caller: it needs SELECT and UPDATE on the table.  Result: the row's status.
-- Errors: STALE_LEASE (the item is somebody else's by now, or over), WORK_NOT_FOUND, INVALID_OUTCOME,
-- INVALID_RUN_TABLE, NOT_ALLOWED.  Who may call: roles that were granted it.
CREATE FUNCTION @extschema@.finish_work(
  job_id text, fence bigint, status text, outcome jsonb DEFAULT NULL, run_table regclass DEFAULT NULL)
  RETURNS text AS 'MODULE_PATHNAME', 'finish_work' LANGUAGE C VOLATILE;
REVOKE ALL ON FUNCTION @extschema@.finish_work FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.finish_work IS 'reports how work ended: settles its row and the item together';

-- finish_work_batch: many reports at once.
--   results  [{"job_id", "fence", "status", "outcome", "run_table"}, ...], at most 1000; the last two may be left out
-- Result: one row each, in their order.  result is 'finished', or why this one wasn't: the token of a refusal, as
-- STALE_LEASE, or 'ERROR' with the SQLSTATE in detail.  One that fails doesn't keep the others from being settled.
-- Errors: INVALID_WORK for a document that isn't of that form.  Who may call: roles that were granted it.
CREATE FUNCTION @extschema@.finish_work_batch(
  results jsonb, OUT job_id text, OUT run_table text, OUT result text, OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'finish_work_batch' LANGUAGE C VOLATILE ROWS 100;
REVOKE ALL ON FUNCTION @extschema@.finish_work_batch FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.finish_work_batch IS 'reports how many pieces of work ended';

-- extend_lease: the worker is still at it.
--   job_id, fence  as claim_work gave them
--   by             from now on; by default the table's lease
--   run_table      where the id could be of several tables
-- Result: until when the lease holds now: never less than before, never beyond the deadline.
-- Errors: STALE_LEASE, WORK_NOT_FOUND, INVALID_WORK, INVALID_RUN_TABLE; RUN_NOT_FOUND, NOT_ALLOWED where finish_work
-- couldn't update the row.  Who may call: roles that were granted it.
CREATE FUNCTION @extschema@.extend_lease(
  job_id text, fence bigint, by interval DEFAULT NULL, run_table regclass DEFAULT NULL)
  RETURNS timestamptz AS 'MODULE_PATHNAME', 'extend_lease' LANGUAGE C VOLATILE;
REVOKE ALL ON FUNCTION @extschema@.extend_lease FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.extend_lease IS 'a worker''s heartbeat: its lease holds longer';

-- expire_leases: settles work whose lease has run out; claim_work does so for its queue, up to 100 at a time.
--   queue  of which queue; NULL: of all, as their owners, that the caller may act as, and of those that may act as the
--          caller
--   max    at most so many
-- Result: one row each.  became is 'interrupted' (the row ended in the interrupted status, its error says who was
-- not heard of, its failure class is interrupted), 'timed_out' (past its deadline: it ended in the timeout status),
-- 'redelivered' (the same attempt may be claimed again: max_deliveries), 'settled' (its row had ended by other
-- hands) or 'dropped' (its table is governed no more).  Each is on the ledger: lease_lost, timed_out, redelivered.
-- Rows of a named queue are updated as the caller.  Errors: NOT_ALLOWED, INVALID_WORK.  Who may call: roles that were granted it.
CREATE FUNCTION @extschema@.expire_leases(
  queue text DEFAULT NULL, max int DEFAULT 1000, OUT job_id text, OUT run_table text, OUT run_id text,
  OUT fence bigint, OUT worker text, OUT lease_until timestamptz, OUT became text)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'expire_leases' LANGUAGE C VOLATILE ROWS 100;
REVOKE ALL ON FUNCTION @extschema@.expire_leases FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.expire_leases IS 'settles work whose lease has run out';

-- dispatch_failed: a retry couldn't be handed out for good, and is void.
--   run_id      the retry, in its key's type or as text
--   reason      why, kept on the ledger; at most 10,000 bytes
--   run_table   the governed table; may be left out where the id can only be of one table
--   tenant      the caller's tenant: a run of another one is RUN_NOT_FOUND
--   error       what the dispatcher was told; by default the reason
--   on_refusal  'raise': a refusal is an error.  'record': it comes back as a row and stays on the ledger, and the
--               setting response.status tells PostgREST the status: 502 for a void, the refusal's otherwise
-- In one transaction: the retry's row goes to the table's void status, its error 'dispatch_failed: ...'; its work is
-- void; what it was charged is given back; the run that it retried may be retried again, and the void retry doesn't
-- count.  It must not have been started or claimed.  Called once more it tries a refund that failed again.
-- Result: one row.  code is ORCHESTRATOR_DISPATCH_FAILED: an answer rather than an error, which would undo all this;
-- refund is 'done' (also where there was nothing to give back) or 'failed' (the void stands; the ledger has it);
-- detail {"code", "http_status", "message", "detail", "hint"}.
-- Errors: RUN_NOT_FOUND, JOB_ALREADY_RUNNING (it was handed out), RETRY_NOT_ALLOWED_STATE (no retry, or ended),
-- NOT_ALLOWED, INVALID_RUN_ID, INVALID_RUN_TABLE, INVALID_TENANT, INVALID_REASON, INVALID_ON_REFUSAL.
-- Who may call: roles that were granted it, with SELECT and UPDATE on the table.
CREATE FUNCTION @extschema@.dispatch_failed(
  run_id text, reason text DEFAULT 'dispatch_failed', run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  error text DEFAULT NULL, on_refusal text DEFAULT 'raise',
  OUT run_id text, OUT original_run_id text, OUT status text, OUT voided_at timestamptz, OUT refund text, OUT code text,
  OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'dispatch_failed' LANGUAGE C VOLATILE ROWS 1;
CREATE FUNCTION @extschema@.dispatch_failed(
  run_id "any", reason text DEFAULT 'dispatch_failed', run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  error text DEFAULT NULL, on_refusal text DEFAULT 'raise',
  OUT run_id text, OUT original_run_id text, OUT status text, OUT voided_at timestamptz, OUT refund text, OUT code text,
  OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'dispatch_failed' LANGUAGE C VOLATILE ROWS 1;
REVOKE ALL ON FUNCTION @extschema@.dispatch_failed(text, text, regclass, text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION @extschema@.dispatch_failed("any", text, regclass, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.dispatch_failed(text, text, regclass, text, text, text) IS
  'voids a retry that could not be handed out, and gives back what it was charged';
COMMENT ON FUNCTION @extschema@.dispatch_failed("any", text, regclass, text, text, text) IS
  'voids a retry that could not be handed out, and gives back what it was charged';

-- work_queue_depth: how much work there is, by queue and table.  queued may be claimed now, scheduled later; in_flight
-- is leased, expired of these the leases that ran out and nobody has settled; oldest_queued_seconds is how long the
-- oldest has been claimable, NULL if there is none.  What is done isn't read.  It has no tenants: for everybody.
CREATE VIEW @extschema@.work_queue_depth AS
  SELECT coalesce(w.queue, q.queue) AS queue, coalesce(w.run_table, q.run_table) AS run_table,
         coalesce(w.queued, 0) AS queued, coalesce(w.scheduled, 0) AS scheduled, coalesce(w.in_flight, 0) AS in_flight,
         coalesce(w.expired, 0) AS expired, extract(epoch FROM now() - w.oldest)::float8 AS oldest_queued_seconds
  FROM (
    SELECT i.queue, i.run_table, count(*) FILTER (WHERE i.claimable) AS queued,
           count(*) FILTER (WHERE i.later) AS scheduled, count(*) FILTER (WHERE i.lease_until IS NOT NULL) AS in_flight,
           count(*) FILTER (WHERE i.lease_until <= now()) AS expired, min(i.since) FILTER (WHERE i.claimable) AS oldest
    FROM (
      SELECT queue, coalesce(row_table, run_table) AS run_table, true AS claimable, false AS later,
             NULL::timestamptz AS lease_until, greatest(enqueued_at, not_before) AS since
      FROM @extschema@.work_item WHERE state = 'queued'
      UNION ALL
      SELECT queue, coalesce(row_table, run_table), not_before <= now(), not_before > now(), NULL, not_before
      FROM @extschema@.work_item WHERE state = 'scheduled'
      UNION ALL
      SELECT queue, coalesce(row_table, run_table), false, false, lease_until, NULL
      FROM @extschema@.work_item WHERE state = 'leased'
    ) i GROUP BY i.queue, i.run_table
  ) w
  FULL JOIN (
    SELECT q.queue, g.table_name AS run_table FROM @extschema@.work_queue q
    JOIN @extschema@.governed_table g ON g.run_table = q.run_table
  ) q ON q.queue = w.queue AND q.run_table = w.run_table;
GRANT SELECT ON @extschema@.work_queue_depth TO PUBLIC;
COMMENT ON VIEW @extschema@.work_queue_depth IS 'how much work is queued, scheduled and in flight, and how old the oldest is';

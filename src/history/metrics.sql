-- Counters for a monitoring system, without a tenant's data.

-- What retry_metrics adds up: a row for each fact that counts, until rows are folded into one for each series
-- (src/history/metrics.hpp).  Rows come and go; the sum of a series never falls.
CREATE TABLE @extschema@.metric_delta (
  run_table   text COLLATE "C" NOT NULL,      -- '': the call that was refused named none
  metric      text COLLATE "C" NOT NULL,      -- attempts, void, success, failure, refusals
  label       text COLLATE "C" NOT NULL,      -- of an end the status, of a refusal its token
  bound       double precision NOT NULL,      -- of an end the upper bound of its duration's bucket, in seconds
  count       bigint NOT NULL,
  duration_us bigint NOT NULL                 -- integers: sums of floats may fall when rows are folded
);
REVOKE ALL ON @extschema@.metric_delta FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.metric_delta', '');
COMMENT ON TABLE @extschema@.metric_delta IS 'what retry_metrics adds up';

-- fold_retry_metrics: adds up rows of metric_delta now, at most 10,000, rather than when a retry comes by to do
-- it: for tests, and after a long transaction in whose time they piled up.  Changes no figure.
-- Result: how many rows were added up; 0 if another transaction is at it.  Rows of the own transaction wait.
-- Who may call: the extension's owner, and whom it grants it to.
CREATE FUNCTION @extschema@.fold_retry_metrics() RETURNS bigint
  AS 'MODULE_PATHNAME', 'fold_retry_metrics' LANGUAGE C VOLATILE;
REVOKE ALL ON FUNCTION @extschema@.fold_retry_metrics() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.fold_retry_metrics() IS 'adds up what retry_metrics is made of; changes no figure';

-- retry_duration_bounds: the upper bounds of the buckets of retry_duration_seconds, in seconds, ascending; the
-- bucket without end isn't among them.
CREATE FUNCTION @extschema@.retry_duration_bounds() RETURNS double precision[]
  AS 'MODULE_PATHNAME', 'retry_duration_bounds' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.retry_duration_bounds() IS
  'upper bounds of the buckets of retry_duration_seconds, in seconds';

-- retry_metrics: one row for each series, by its name in Prometheus; columns that aren't labels of a metric are
-- NULL.  All are counters over this database and server, from the adoption of a table on: they only grow.
--   retry_attempts_total   retries that were born, void ones too                  run_table
--   retry_void_total       of these, retries whose work was never handed out      run_table
--   retry_success_total    retries that ended in a status that says that the work is done (run_helped, by the
--                          policy in force at the end)                            run_table, status
--   retry_failure_total    retries that ended in any other status                 run_table, status
--   retry_refusals_total   refusals that the ledger keeps; run_table is '' if the call named none  run_table, code
--   retry_duration_seconds from the first claim of a retry's work to its end; where no queue hands it out, from
--                          its birth: _bucket (cumulative, le; +Inf is the last), _sum and _count   run_table, le
-- Series of a governed table start at 0 before anything is counted, except refusals.  Retries from before the
-- adoption aren't counted, nor those that logical replication brings: they count where they were decided.
-- Takes a millisecond or so, however long the history is.  Works on a standby.
-- Who may read it: pg_monitor.
CREATE VIEW @extschema@.retry_metrics AS
  WITH counted AS MATERIALIZED (
    SELECT d.run_table, d.metric, d.label, d.bound, sum(d.count) AS count, sum(d.duration_us) AS duration_us
    FROM @extschema@.metric_delta d GROUP BY 1, 2, 3, 4
  ), governed AS MATERIALIZED (
    SELECT g.table_name AS run_table, g.ended_statuses, coalesce(
      (SELECT p.retryable_statuses FROM @extschema@.retry_policy p
       WHERE p.run_table = g.table_name OR p.run_table IS NULL
       ORDER BY p.run_table NULLS LAST, p.version DESC LIMIT 1), '{failed}') AS retryable
    FROM @extschema@.governed_table g WHERE g.kind = 'runs'
  ), series AS (
    SELECT c.run_table, c.metric, c.label, c.count FROM counted c
    UNION ALL
    SELECT g.run_table, m.metric, '', 0 FROM governed g, unnest(ARRAY['attempts', 'void']) m(metric)
    UNION ALL
    SELECT g.run_table, CASE WHEN @extschema@.run_helped(s.status, g.retryable) THEN 'success' ELSE 'failure' END,
           s.status, 0
    FROM governed g, unnest(g.ended_statuses) s(status)
  ), ended AS MATERIALIZED (
    SELECT c.run_table, c.bound, sum(c.count) AS count, sum(c.duration_us) AS duration_us
    FROM counted c WHERE c.metric IN ('success', 'failure') GROUP BY 1, 2
    UNION ALL
    SELECT g.run_table, 'Infinity', 0, 0 FROM governed g
  )
  SELECT 'retry_' || s.metric || '_total' AS metric, s.run_table,
         CASE WHEN s.metric IN ('success', 'failure') THEN s.label END AS status,
         CASE WHEN s.metric = 'refusals' THEN s.label END AS code,
         NULL::text AS le, sum(s.count)::double precision AS value
  FROM series s GROUP BY s.run_table, s.metric, s.label
  UNION ALL
  SELECT 'retry_duration_seconds_bucket', t.run_table, NULL, NULL,
         CASE WHEN b.bound = 'Infinity' THEN '+Inf' ELSE b.bound::text END,
         coalesce(sum(e.count) FILTER (WHERE e.bound <= b.bound), 0)
  FROM (SELECT DISTINCT e.run_table FROM ended e) t
  CROSS JOIN unnest(@extschema@.retry_duration_bounds() || 'Infinity'::double precision) b(bound)
  JOIN ended e ON e.run_table = t.run_table
  GROUP BY t.run_table, b.bound
  UNION ALL
  SELECT 'retry_duration_seconds_' || v.suffix, v.run_table, NULL, NULL, NULL, v.value
  FROM (SELECT e.run_table, sum(e.count) AS count, sum(e.duration_us) / 1e6 AS seconds FROM ended e GROUP BY 1) e
  CROSS JOIN LATERAL (VALUES ('sum', e.run_table, e.seconds), ('count', e.run_table, e.count)) v(suffix, run_table, value);
GRANT SELECT ON @extschema@.retry_metrics TO pg_monitor;
COMMENT ON VIEW @extschema@.retry_metrics IS
  'counters of retries, their ends and durations, by their names in Prometheus';

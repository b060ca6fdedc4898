SELECT govern_runs('ci_jobs', status_column => 'conclusion', statuses =>
  '{"initial": ["queued"], "active": ["in_progress"], "ended": ["success", "failure", "timed_out", "cancelled", "skipped"]}');
SELECT set_retry_policy('ci_jobs', retryable_statuses => '{failure,timed_out}');
SELECT allow_target('ci_jobs', '{"owner": "acme"}');
-- Tables with the same indexes for the hand-written statement.
CREATE TABLE plain_retry (LIKE retry_ledger.retry INCLUDING ALL);
CREATE TABLE plain_ledger (LIKE retry_ledger.ledger_entry INCLUDING ALL);
VACUUM (ANALYZE);

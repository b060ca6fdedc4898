\set ECHO none
CREATE SCHEMA IF NOT EXISTS retry_ledger;
CREATE EXTENSION IF NOT EXISTS retry_ledger SCHEMA retry_ledger;
SET search_path = public, retry_ledger;
\set ECHO queries

\echo
\echo '-- 2. It is adopted as it stands.  What ended is a fact from now on'
SELECT item, decision FROM govern_runs('check_runs', status_column => 'conclusion',
  statuses => '{"initial": ["queued"], "active": ["in_progress"],
                "ended": ["success", "failure", "timed_out", "cancelled", "skipped"]}')
WHERE item IN ('table', 'input_columns', 'outcome_columns', 'existing_rows');

\echo
\echo '-- 3. The rules: failures and timeouts may be rerun, by their class (policies that list none mean flaky tests'
\echo '--    and passing trouble of the infrastructure); and only in a repository that is registered, three times'
SELECT set_retry_policy('check_runs', retryable_statuses => '{failure,timed_out}', max_attempts => 5);
SELECT allow_target('check_runs', '{"owner": "acme", "repo": "web"}', max_attempts => 3, reason => 'the web team asked');

-- retry_run: a new run that retries one that ended.
--   run_id           the run to retry, in its key's type or as text
--   reason           why, kept with the retry and on the ledger; at most 10,000 bytes
--   run_table        the governed table; may be left out where the id can only be of one table
--   tenant           the caller's tenant: a run of another one is RUN_NOT_FOUND
--   new_run_id       the new run's key, for tables whose key has no default
--   request_id       names this request, 1 to 200 bytes, per table and tenant: asked again, also at the same time,
--                    it gets the first answer with replayed = true; another request under it is refused
--   on_refusal       'raise': a refusal is an error.  'record': it comes back as a row with decision = 'refused' and
--                    detail {"code", "http_status", "message", "detail", "hint"}, and stays on the ledger; the
--                    setting response.status tells PostgREST the status (202 accepted, 200 replayed)
--   plan             a hash of plan_retry: refused if anything that mattered has changed since
--   max_attempts     retries that this call allows, 1 to 10; can't raise the policy's
--   override_reason  lifts the cap for this retry, says why; for the policy's override_roles only
--   resume           'start': it starts over (default).  'latest': it goes on from latest_checkpoint(run); or the id of a
--                    checkpoint of the run or of one that it retries.  The retry is born in the first status as ever, and
--                    may go from there, or from where a claim puts it, straight to the checkpoint's status
--   overrides        {"column": value}: input columns that the retry doesn't take from its parent
-- Result: one row.  decision is 'accepted' or 'refused'; the columns from dispatch_id to model_profile are NULL
-- unless the retry has them; detail of an accepted retry: failure_class, not_before, override_reason, credits if any.
-- Errors: RUN_NOT_FOUND, IDEMPOTENCY_KEY_REUSED, NOT_ALLOWED, JOB_ALREADY_RUNNING, ALREADY_RETRIED,
--   RETRY_NOT_ALLOWED_STATE, MAX_ATTEMPTS_REACHED, FAILURE_NOT_RETRYABLE, BUDGET_EXHAUSTED,
--   MODEL_PROFILE_NOT_ALLOWED, CHECKPOINT_NOT_FOUND,
--   CHECKPOINT_EXPIRED, CHECKPOINT_INVALIDATED, INVALID_CHECKPOINT, PLAN_CHANGED, INSUFFICIENT_CREDITS, INVALID_PRICE, INVALID_RUN_ID, INVALID_RUN_TABLE, INVALID_NEW_RUN_ID, INVALID_REASON,
--   INVALID_TENANT, INVALID_REQUEST_ID, INVALID_ON_REFUSAL, INVALID_MAX_ATTEMPTS, INVALID_OVERRIDES.
-- Who may call: whoever has SELECT and INSERT on the table, sees the run, and is in the policy's retry_roles.
--
-- It exists twice on one C++ entry: "any" alone fails for drivers that send no type, text alone for those that
-- send uuid or bigint.  Same names, same defaults; so it is with every function that takes a run's id.
CREATE FUNCTION @extschema@.retry_run(
  run_id text, reason text DEFAULT 'manual_retry', run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  new_run_id text DEFAULT NULL, request_id text DEFAULT NULL, on_refusal text DEFAULT 'raise',
  plan text DEFAULT NULL, max_attempts int DEFAULT NULL, override_reason text DEFAULT NULL,
  overrides jsonb DEFAULT NULL, resume text DEFAULT 'start',
  OUT original_run_id text, OUT retry_run_id text, OUT attempt int, OUT status text, OUT original_status text,
  OUT reason text, OUT decision text, OUT replayed boolean, OUT dispatch_id text, OUT resume_from_status text,
  OUT checkpoint_ref text, OUT model_profile text, OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'retry_run' LANGUAGE C VOLATILE ROWS 1;
CREATE FUNCTION @extschema@.retry_run(
  run_id "any", reason text DEFAULT 'manual_retry', run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  new_run_id text DEFAULT NULL, request_id text DEFAULT NULL, on_refusal text DEFAULT 'raise',
  plan text DEFAULT NULL, max_attempts int DEFAULT NULL, override_reason text DEFAULT NULL,
  overrides jsonb DEFAULT NULL, resume text DEFAULT 'start',
  OUT original_run_id text, OUT retry_run_id text, OUT attempt int, OUT status text, OUT original_status text,
  OUT reason text, OUT decision text, OUT replayed boolean, OUT dispatch_id text, OUT resume_from_status text,
  OUT checkpoint_ref text, OUT model_profile text, OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'retry_run' LANGUAGE C VOLATILE ROWS 1;
COMMENT ON FUNCTION @extschema@.retry_run(text, text, regclass, text, text, text, text, text, int, text, jsonb, text) IS
  'retries a run that ended: inserts a new, linked run under the table''s policy';
COMMENT ON FUNCTION @extschema@.retry_run("any", text, regclass, text, text, text, text, text, int, text, jsonb, text) IS
  'retries a run that ended: inserts a new, linked run under the table''s policy';

-- plan_retry: what retry_run would answer now, and why.  Does nothing, locks nothing, records nothing.
--   arguments as of retry_run
-- Result: one row.  decision 'accepted' or 'refused', code the token of the refusal; attempt and status of the
-- retry, failure_class of the run, not_before the time at which its work could be handed out, were it born now (NULL: at once),
-- credits what it would cost (0: nothing); plan_hash for retry_run(plan => ...), NULL if
-- refused; detail: the rules that apply, or the refusal.
-- Errors: RUN_NOT_FOUND, NOT_ALLOWED for lack of a privilege, INVALID_... .  Who may call: as retry_run.
CREATE FUNCTION @extschema@.plan_retry(
  run_id text, run_table regclass DEFAULT NULL, tenant text DEFAULT NULL, max_attempts int DEFAULT NULL,
  override_reason text DEFAULT NULL, overrides jsonb DEFAULT NULL, resume text DEFAULT 'start',
  OUT original_run_id text, OUT decision text, OUT code text, OUT attempt int, OUT status text,
  OUT original_status text, OUT failure_class text, OUT not_before timestamptz, OUT credits bigint,
  OUT plan_hash text, OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'plan_retry' LANGUAGE C VOLATILE ROWS 1;
CREATE FUNCTION @extschema@.plan_retry(
  run_id "any", run_table regclass DEFAULT NULL, tenant text DEFAULT NULL, max_attempts int DEFAULT NULL,
  override_reason text DEFAULT NULL, overrides jsonb DEFAULT NULL, resume text DEFAULT 'start',
  OUT original_run_id text, OUT decision text, OUT code text, OUT attempt int, OUT status text,
  OUT original_status text, OUT failure_class text, OUT not_before timestamptz, OUT credits bigint,
  OUT plan_hash text, OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'plan_retry' LANGUAGE C VOLATILE ROWS 1;
COMMENT ON FUNCTION @extschema@.plan_retry(text, regclass, text, int, text, jsonb, text) IS
  'what retry_run would answer, and why, without doing it';
COMMENT ON FUNCTION @extschema@.plan_retry("any", regclass, text, int, text, jsonb, text) IS
  'what retry_run would answer, and why, without doing it';

-- rerun_run: only refuses, as HTTP 410 (RERUN_GONE), and names retry_run.  Anybody may call it.
CREATE FUNCTION @extschema@.rerun_run(run_id text) RETURNS void
  AS 'MODULE_PATHNAME', 'rerun_run' LANGUAGE C VOLATILE;
CREATE FUNCTION @extschema@.rerun_run(run_id "any") RETURNS void
  AS 'MODULE_PATHNAME', 'rerun_run' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.rerun_run(text) IS 'refuses: a run is never run again in place; use retry_run';
COMMENT ON FUNCTION @extschema@.rerun_run("any") IS 'refuses: a run is never run again in place; use retry_run';

-- set_retry_policy: a new version of a table's policy, or with run_table NULL of the default for all tables.
--   max_attempts        retries allowed along a lineage, 1 to 10
--   retryable_statuses  ended statuses from which a run may be retried
--   retry_roles         roles that may retry; '{public}' lifts a restriction
--   override_roles      roles that may lift max_attempts for one retry
--   reason              why, kept with the version
--   failure_classes     classes (classify_failure) that may be retried; what can't be told is then not retried
--   profile_column      an input column whose values are bound, to
--   profiles            these; NULL in the column is always allowed
--   tenant_profiles     {tenant: [profile, ...]}: a tenant named there has these instead; replaces the lists in force
--   profile_fallback    profiles, in order: a retry whose parent's profile isn't allowed takes the first of them that
--                       is; a profile that a call names (overrides) or a row by hand has is refused all the same
--   override_columns    input columns in which a retry may differ from its parent
--   backoff_base, backoff_factor, backoff_cap, backoff_jitter
--                       the work of the n-th retry is handed out after base * factor^(n-1), at most the cap, less
--                       a random share of at most jitter (0 to 1); factor is 1 to 100
--   deadline            a run that ended longer ago can't be retried
--   retries_per_root    budget of a lineage, which no override lifts
--   retries_per_tenant  budget of a tenant within
--   tenant_window       this time
--   environment         'prod' (default) or 'staging': rerun_failed_jobs refuses unregistered targets in prod
--   clear               settings to take back: retry_roles, override_roles, failure_classes, failure_rules,
--                       profiles (all of them), override_columns, backoff, deadline, retries_per_root, retries_per_tenant,
--                       max_attempts_column, price, billing (both of its functions)
--   price               what a retry costs, in credits; of a table with files: each failed file.  Or
--   price_column        an integer input column of the run that is retried.  Or
--   price_function      'app.f(jsonb)': gets that run's row, returns an integer; STABLE or IMMUTABLE
--   charge_function, refund_function
--                       'app.f(jsonb)': billing of the application's own instead of credits.  Each gets {run_table,
--                       run_id, retry_run_id, tenant, credits, charge_id, reason} in the transaction of the retry; an
--                       error that it raises refuses the retry
--   max_attempts_column an integer input column: a run's own limit, 1 to 10, where that is lower; NULL: the policy's
--   audit_transitions   every change of a run's status is on the ledger (transitioned), not its end alone
-- A price replaces the one in force, whichever of the three that was.  Functions run as the table's owner, with
-- search_path pg_catalog, pg_temp and restricted as those of an index: see doc/reference.md.
-- What is NULL stays as it is.  Result: the version's number.  Errors: INVALID_POLICY, INVALID_RUN_TABLE,
-- NOT_ALLOWED.  Who may call: the table's owner; for the default, the extension's owner; superusers.  The first price
-- that is charged in credits takes EXECUTE on grant_credits, too.
CREATE FUNCTION @extschema@.set_retry_policy(
  run_table regclass, max_attempts int DEFAULT NULL, retryable_statuses text[] DEFAULT NULL,
  retry_roles text[] DEFAULT NULL, override_roles text[] DEFAULT NULL, reason text DEFAULT NULL,
  failure_classes text[] DEFAULT NULL, profile_column text DEFAULT NULL, profiles text[] DEFAULT NULL,
  override_columns text[] DEFAULT NULL, backoff_base interval DEFAULT NULL, backoff_factor float8 DEFAULT NULL,
  backoff_cap interval DEFAULT NULL, backoff_jitter float8 DEFAULT NULL, deadline interval DEFAULT NULL,
  retries_per_root int DEFAULT NULL, retries_per_tenant int DEFAULT NULL, tenant_window interval DEFAULT NULL,
  environment text DEFAULT NULL, clear text[] DEFAULT NULL, price bigint DEFAULT NULL,
  price_column text DEFAULT NULL, price_function text DEFAULT NULL, charge_function text DEFAULT NULL,
  refund_function text DEFAULT NULL, max_attempts_column text DEFAULT NULL, tenant_profiles jsonb DEFAULT NULL,
  profile_fallback text[] DEFAULT NULL, audit_transitions boolean DEFAULT NULL)
  RETURNS int AS 'MODULE_PATHNAME', 'set_retry_policy' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.set_retry_policy IS 'sets a new version of the rules under which runs may be retried';

-- add_failure_rule: a rule of a table's own that tells a failure's class from its error, as a new version of the
-- table's policy (with run_table NULL: of the default).
--   pattern        a regular expression as RE2 reads it; (?i) in front ignores case
--   failure_class  what a text is that matches; '' means that nothing can be told, and so no retry
--   position       its place among the table's rules, 1 the first; NULL: last.  Built-in rules come after all.
--   reason         why, kept with the version
-- The first rule that matches decides.  clear => '{failure_rules}' of set_retry_policy removes them.
-- Result: the policy's version.  Errors and who may call: as set_retry_policy.
CREATE FUNCTION @extschema@.add_failure_rule(
  run_table regclass, pattern text, failure_class text, "position" int DEFAULT NULL, reason text DEFAULT NULL)
  RETURNS int AS 'MODULE_PATHNAME', 'add_failure_rule' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.add_failure_rule IS 'adds a rule that tells a failure''s class from its error text';

-- Credits: what tenants have been granted, what their retries cost, what they got back.
--
-- credit_entry: append-only.  Each grant is a chain of entries, numbered by seq: the grant itself, then whatever was
-- taken from it and given back.  Each entry says what remained before and after it, so the newest one tells what
-- remains, and no balance is kept anywhere that could disagree.  That a credit can't be spent twice is the unique
-- key (grant_id, seq); that the numbers fit is in the CHECKs and in guard_credit_entry, whoever writes.
CREATE TABLE @extschema@.credit_entry (
  entry_id         uuid PRIMARY KEY,            -- UUIDv7
  tenant           text COLLATE "C",            -- NULL: of tables without tenants
  kind             text COLLATE "C" NOT NULL CHECK (kind IN ('grant', 'charge', 'refund', 'lapse')),
  source           text COLLATE "C" NOT NULL CHECK (source IN ('monthly', 'purchased')),
  grant_id         uuid NOT NULL,               -- entry_id of the chain's first entry
  seq              int NOT NULL,                -- 0 for the grant itself, then 1, 2, …
  amount           bigint NOT NULL CHECK (amount > 0),
  remaining_before bigint NOT NULL CHECK (remaining_before >= 0),
  remaining_after  bigint NOT NULL CHECK (remaining_after >= 0),
  valid_from       timestamptz NOT NULL,
  expires_at       timestamptz,                 -- until when what remains can be used; NULL: for ever
  charge_id        uuid,                        -- one for all entries of a charge, and of its refund
  refund_of        uuid,                        -- entry_id of the charge's entry
  run_table        text COLLATE "C",            -- the retry that was charged
  run_key          text COLLATE "C",
  reason           text,
  actor            text NOT NULL,               -- current_user
  transaction_id   xid8 NOT NULL,
  recorded_at      timestamptz NOT NULL,
  CONSTRAINT credit_entry_chain UNIQUE (grant_id, seq),
  CONSTRAINT credit_entry_first CHECK (CASE kind WHEN 'grant'
    THEN seq = 0 AND entry_id = grant_id AND charge_id IS NULL ELSE seq > 0 AND entry_id <> grant_id END),
  CONSTRAINT credit_entry_remaining CHECK (CASE kind
    WHEN 'grant' THEN remaining_before = 0 AND remaining_after = amount
    WHEN 'refund' THEN remaining_after = remaining_before + amount
    WHEN 'charge' THEN remaining_after = remaining_before - amount
    ELSE remaining_before = amount AND remaining_after = 0 END),
  CONSTRAINT credit_entry_run CHECK ((kind IN ('charge', 'refund')) = (charge_id IS NOT NULL)
    AND (charge_id IS NULL) = (run_table IS NULL) AND (charge_id IS NULL) = (run_key IS NULL)
    AND (kind = 'refund') = (refund_of IS NOT NULL)),
  CONSTRAINT credit_entry_validity CHECK (isfinite(valid_from) AND isfinite(expires_at)
    AND expires_at > valid_from AND (source <> 'monthly' OR expires_at IS NOT NULL))
);
CREATE UNIQUE INDEX credit_entry_refund ON @extschema@.credit_entry (refund_of) WHERE refund_of IS NOT NULL;
CREATE INDEX credit_entry_tenant ON @extschema@.credit_entry (tenant, recorded_at) WHERE kind = 'grant';
CREATE INDEX credit_entry_of_run ON @extschema@.credit_entry (run_table, run_key, entry_id)
  WHERE charge_id IS NOT NULL;
REVOKE ALL ON @extschema@.credit_entry FROM PUBLIC;
-- In the order of the chains: a dump made of INSERTs passes the guard as well.
SELECT pg_catalog.pg_extension_config_dump('@extschema@.credit_entry', 'ORDER BY grant_id, seq');
COMMENT ON TABLE @extschema@.credit_entry IS
  'append-only: credits granted, charged and refunded; the newest entry of a grant tells what remains of it';

-- What was charged and refunded stands on the ledger too; of an application's own billing, only there.
CREATE INDEX ledger_entry_credits ON @extschema@.ledger_entry (run_table, run_key)
  WHERE action IN ('charged', 'refunded');

CREATE FUNCTION @extschema@.guard_credit_entry() RETURNS trigger
  AS 'MODULE_PATHNAME', 'guard_credit_entry' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.guard_credit_entry() IS
  'guard: an entry of credits must continue its grant where the entry before it ended';
CREATE TRIGGER retry_ledger_entry AFTER INSERT ON @extschema@.credit_entry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_credit_entry();
CREATE TRIGGER retry_ledger_change AFTER UPDATE ON @extschema@.credit_entry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_append_only();
CREATE TRIGGER retry_ledger_delete BEFORE DELETE ON @extschema@.credit_entry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_remove();
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON @extschema@.credit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_remove();
ALTER TABLE @extschema@.credit_entry ENABLE ALWAYS TRIGGER retry_ledger_entry;
ALTER TABLE @extschema@.credit_entry ENABLE ALWAYS TRIGGER retry_ledger_change;
ALTER TABLE @extschema@.credit_entry ENABLE ALWAYS TRIGGER retry_ledger_delete;
ALTER TABLE @extschema@.credit_entry ENABLE ALWAYS TRIGGER retry_ledger_truncate;

-- grant_credits: gives credits to a tenant.
--   tenant      as in the runs' tenant column; NULL for tables without one
--   amount      credits, 1 to 10^15
--   kind        'monthly': used before all others, the one that expires first before the rest; has an end.
--               'purchased': used when nothing monthly is left, the oldest first.
--               'opening': a balance that existed before; counts as purchased
--   valid_from  from when on it can be used; NULL: now
--   expires_at  until when; NULL: for ever, but not for 'monthly'
--   reason      why, kept with the grant; at most 10,000 bytes
--   request_id  the same request grants once: asked again, it gets the first answer
-- Result: the grant's id.  Errors: INVALID_GRANT, INVALID_REASON, INVALID_REQUEST_ID, IDEMPOTENCY_KEY_REUSED.
-- Who may call: whoever it is granted to; at first only superusers and the extension's owner.
CREATE FUNCTION @extschema@.grant_credits(
  tenant text, amount bigint, kind text, valid_from timestamptz DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
  reason text DEFAULT NULL, request_id text DEFAULT NULL)
  RETURNS uuid AS 'MODULE_PATHNAME', 'grant_credits' LANGUAGE C VOLATILE;
REVOKE ALL ON FUNCTION @extschema@.grant_credits FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.grant_credits IS 'gives credits to a tenant: monthly, purchased, or its opening balance';

-- refund_credits: gives back what a retry was charged, to the same grants.  What returns to a grant that has
-- expired can be used until the end of the current calendar month (UTC); what had been left of it stays lapsed.
--   run_id     the retry that was charged
--   run_table  the governed table; may be left out where the id can only be of one table
--   reason     why, kept with the entries; at most 10,000 bytes
-- Result: one row.  decision is 'refunded', 'already_refunded' or 'nothing_to_refund'; credits, and how much of
-- them went back to monthly and purchased grants (NULL where the application has billing of its own).
-- Errors: INVALID_RUN_ID, INVALID_RUN_TABLE, INVALID_REASON, and what the application's refund_function raises.
-- Who may call: whoever it is granted to; at first only superusers and the extension's owner.
CREATE FUNCTION @extschema@.refund_credits(
  run_id text, run_table regclass DEFAULT NULL, reason text DEFAULT 'refund',
  OUT decision text, OUT credits bigint, OUT monthly bigint, OUT purchased bigint)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'refund_credits' LANGUAGE C VOLATILE ROWS 1;
CREATE FUNCTION @extschema@.refund_credits(
  run_id "any", run_table regclass DEFAULT NULL, reason text DEFAULT 'refund',
  OUT decision text, OUT credits bigint, OUT monthly bigint, OUT purchased bigint)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'refund_credits' LANGUAGE C VOLATILE ROWS 1;
REVOKE ALL ON FUNCTION @extschema@.refund_credits(text, regclass, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION @extschema@.refund_credits("any", regclass, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.refund_credits(text, regclass, text) IS
  'gives back what a retry was charged, to the grants that it was taken from';
COMMENT ON FUNCTION @extschema@.refund_credits("any", regclass, text) IS
  'gives back what a retry was charged, to the grants that it was taken from';

-- credit_balance: what each tenant can use now.  next_expiry: when the first of it expires; NULL: none does.
-- Who may read it: superusers, pg_read_all_data, and whoever it is granted to.
CREATE VIEW @extschema@.credit_balance AS
  SELECT g.tenant,
         coalesce(sum(n.remaining) FILTER (WHERE n.source = 'monthly'), 0)::bigint AS monthly,
         coalesce(sum(n.remaining) FILTER (WHERE n.source = 'purchased'), 0)::bigint AS purchased,
         coalesce(sum(n.remaining), 0)::bigint AS total,
         min(n.expires_at) AS next_expiry
  FROM @extschema@.credit_entry g
  LEFT JOIN LATERAL (
    SELECT l.source, l.remaining_after AS remaining, l.expires_at
    FROM (SELECT e.source, e.remaining_after, e.valid_from, e.expires_at FROM @extschema@.credit_entry e
          WHERE e.grant_id = g.entry_id ORDER BY e.seq DESC LIMIT 1) l
    WHERE l.remaining_after > 0 AND l.valid_from <= pg_catalog.clock_timestamp()
      AND (l.expires_at IS NULL OR l.expires_at > pg_catalog.clock_timestamp())) n ON true
  WHERE g.kind = 'grant'
  GROUP BY g.tenant;
COMMENT ON VIEW @extschema@.credit_balance IS 'the credits that each tenant can use now, monthly and purchased';

-- run_credits: what each retry was charged, and what of it came back.  monthly and purchased are NULL where the
-- application has billing of its own.  run_id is the retry's; a retry that was free has no row.
-- Who may read it: everybody, and each sees the retries that it can see in the application's table.
CREATE VIEW @extschema@.run_credits WITH (security_barrier) AS
  SELECT e.run_table, e.run_key AS run_id, e.tenant, e.charge_id,
         (sum(e.amount) FILTER (WHERE e.kind = 'charge'))::bigint AS credits,
         coalesce(sum(e.amount) FILTER (WHERE e.kind = 'charge' AND e.source = 'monthly'), 0)::bigint AS monthly,
         coalesce(sum(e.amount) FILTER (WHERE e.kind = 'charge' AND e.source = 'purchased'), 0)::bigint AS purchased,
         coalesce(sum(e.amount) FILTER (WHERE e.kind = 'refund'), 0)::bigint AS refunded,
         min(e.recorded_at) FILTER (WHERE e.kind = 'charge') AS charged_at,
         max(e.recorded_at) FILTER (WHERE e.kind = 'refund') AS refunded_at
  FROM @extschema@.credit_entry e
  WHERE e.charge_id IS NOT NULL AND @extschema@.can_see_run(e.run_table, e.run_key)
  GROUP BY e.run_table, e.run_key, e.tenant, e.charge_id
  UNION ALL
  SELECT c.run_table, c.run_key, c.tenant, (c.evidence ->> 'charge_id')::uuid, (c.evidence ->> 'credits')::bigint,
         NULL, NULL, CASE WHEN r.recorded_at IS NULL THEN 0 ELSE (c.evidence ->> 'credits')::bigint END,
         c.recorded_at, r.recorded_at
  FROM @extschema@.ledger_entry c
  LEFT JOIN LATERAL (
    SELECT l.recorded_at FROM @extschema@.ledger_entry l
    WHERE l.run_table = c.run_table AND l.run_key = c.run_key AND l.action = 'refunded'
      AND l.evidence ->> 'charge_id' = c.evidence ->> 'charge_id' LIMIT 1) r ON true
  WHERE c.action = 'charged' AND c.evidence ? 'charge_function'
    AND @extschema@.can_see_run(c.run_table, c.run_key);
GRANT SELECT ON @extschema@.run_credits TO PUBLIC;
COMMENT ON VIEW @extschema@.run_credits IS
  'what each retry was charged, monthly and purchased, and what was refunded; only of runs that the reader can see';

-- verify_credits: recomputes every grant from its first entry on, and compares charges with the ledger.
-- Result: one row for each entry that doesn't fit; none if all is well.
-- Who may call: whoever may read credit_entry and ledger_entry: superusers, pg_read_all_data.
CREATE FUNCTION @extschema@.verify_credits()
  RETURNS TABLE (grant_id uuid, entry_id uuid, seq int, problem text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH chain AS (
    SELECT e.*, c.entry_id AS charge, c.amount AS charge_amount,
           row_number() OVER w - 1 AS place,
           lag(e.remaining_after, 1, 0::bigint) OVER w AS before,
           first_value(e.tenant) OVER w AS grant_tenant, first_value(e.source) OVER w AS grant_source,
           sum(CASE e.kind WHEN 'grant' THEN e.amount WHEN 'refund' THEN e.amount ELSE -e.amount END)
             OVER w AS computed
    FROM @extschema@.credit_entry e
    LEFT JOIN @extschema@.credit_entry c ON c.entry_id = e.refund_of AND c.kind = 'charge'
      AND c.grant_id = e.grant_id AND c.seq < e.seq AND c.charge_id = e.charge_id
    WINDOW w AS (PARTITION BY e.grant_id ORDER BY e.seq ROWS UNBOUNDED PRECEDING)
  ), found AS (
    SELECT chain.*, CASE
      WHEN (kind = 'grant') <> (place = 0) THEN 'the chain doesn''t begin with its grant'
      WHEN seq <> place THEN 'an entry before this one is missing, or stands twice'
      WHEN remaining_before <> before THEN 'it doesn''t continue what the entry before it left'
      WHEN remaining_after <> computed OR remaining_after < 0 THEN 'what remains isn''t what the entries add up to'
      WHEN tenant IS DISTINCT FROM grant_tenant OR source <> grant_source THEN 'it isn''t of its grant''s tenant and kind'
      WHEN kind = 'refund' AND (charge IS NULL OR charge_amount <> amount) THEN 'it refunds what wasn''t charged'
      END AS problem
    FROM chain
  ), charged AS (
    SELECT charge_id, kind, sum(amount) AS credits FROM @extschema@.credit_entry
    WHERE charge_id IS NOT NULL GROUP BY charge_id, kind
  ), told AS (
    SELECT (evidence ->> 'charge_id')::uuid AS charge_id, CASE action WHEN 'charged' THEN 'charge' ELSE 'refund' END AS kind,
           sum((evidence ->> 'credits')::bigint) AS credits
    FROM @extschema@.ledger_entry
    WHERE action IN ('charged', 'refunded') AND NOT evidence ?| '{charge_function,refund_function}' GROUP BY 1, 2
  )
  SELECT f.grant_id, f.entry_id, f.seq, f.problem FROM found f WHERE f.problem IS NOT NULL
  UNION ALL
  SELECT NULL, NULL, NULL, format('%s %s: the entries say %s, the ledger %s', kind, charge_id,
                                  coalesce(c.credits, 0), coalesce(t.credits, 0))
  FROM charged c FULL JOIN told t USING (charge_id, kind) WHERE c.credits IS DISTINCT FROM t.credits
$$;
COMMENT ON FUNCTION @extschema@.verify_credits IS
  'recomputes all grants and compares charges with the ledger: one row for each entry that doesn''t fit';

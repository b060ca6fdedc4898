-- role: app
-- login: attack_writer
-- tries: as a role that may write all data: to grant itself credits
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO retry_ledger.credit_entry (entry_id, tenant, kind, source, grant_id, seq, amount, remaining_before, remaining_after,
    valid_from, actor, transaction_id, recorded_at)
  SELECT i, 't1', 'grant', 'purchased', i, 0, 1000, 0, 1000, now(), 'nobody', pg_current_xact_id(), now() FROM gen_random_uuid() i;

-- role: app
-- login: attack_writer
-- tries: as a role that may write all data: to add an entry with a right hash to the ledger
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO retry_ledger.ledger_entry
  SELECT (jsonb_populate_record(f, jsonb_build_object('leaf_hash', retry_ledger.ledger_leaf_hash(f)))).* FROM (
    SELECT jsonb_populate_record(e, '{"run_key": "6", "entry_id": "00000000-0000-0000-0000-000000000000"}') AS f
    FROM retry_ledger.ledger_entry e WHERE action = 'ended' AND run_key = '2' AND run_table = 'app.runs') x;

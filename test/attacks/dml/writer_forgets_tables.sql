-- role: app
-- login: attack_writer
-- tries: as a role that may write all data: to delete the configuration
-- none: bites
-- guarded: held
-- locked: held
DELETE FROM retry_ledger.governed_table WHERE table_name = 'app.runs';
DELETE FROM retry_ledger.run_key;

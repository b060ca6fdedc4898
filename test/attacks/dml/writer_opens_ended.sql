-- role: app
-- login: attack_writer
-- tries: as a role that may write all data: to take the ended statuses out of the configuration
-- none: bites
-- guarded: held
-- locked: held
UPDATE retry_ledger.governed_table SET ended_statuses = '{}', active_statuses = '{running,completed,failed}' WHERE table_name = 'app.runs';
UPDATE app.runs SET error = 'rewritten' WHERE id = 2;

-- role: superuser
-- tries: to change the configuration, a row, and the configuration back
-- none: bites
-- guarded: not held
-- locked: held
-- detected: content_hash
UPDATE retry_ledger.governed_table SET ended_statuses = '{completed}', active_statuses = '{running,failed}' WHERE table_name = 'app.runs';
UPDATE app.runs SET error = 'x' WHERE id = 2;
UPDATE retry_ledger.governed_table SET ended_statuses = '{completed,failed}', active_statuses = '{running}' WHERE table_name = 'app.runs';

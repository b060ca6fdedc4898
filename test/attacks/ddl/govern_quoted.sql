-- role: owner
-- tries: to govern again under quote_all_identifiers: history, links and credits stay with the name before
-- none: harmless
-- guarded: held
-- locked: held
SET quote_all_identifiers = on;
SELECT govern_runs('runs');
RESET quote_all_identifiers;
INSERT INTO runs (id, tenant_id, status, parent_run_id, profile) VALUES (902, 't1', 'queued', 3, 'small');
SELECT retry_run(3, run_table => 'runs', new_run_id => '903');

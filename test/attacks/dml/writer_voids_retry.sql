-- role: app
-- login: attack_writer
-- tries: as a role that may write all data: to void a live retry, so that its run can be retried again
-- none: bites
-- guarded: held
-- locked: held
UPDATE retry_ledger.retry SET voided_at = now() WHERE parent_key = '3';
INSERT INTO app.runs (id, tenant_id, status, parent_run_id, note, customer_id, profile) VALUES (303, 't1', 'queued', 3, 'x', 1, 'small');

-- role: app
-- tries: to keep everybody from work of a queue for good: rows that can't be started
-- none: harmless
-- guarded: held
-- locked: held
-- setup: ALTER TABLE app.runs ADD CONSTRAINT noted CHECK (status <> 'running' OR note IS NOT NULL) NOT VALID
SELECT count(*) FROM retry_ledger.claim_work('work', 'w', 10);
INSERT INTO app.runs (id, tenant_id, status) VALUES (66, 't1', 'queued');
INSERT INTO app.runs (id, tenant_id, status, note) VALUES (67, 't1', 'queued', 'good');
INSERT INTO app.runs (id, tenant_id, status) VALUES (68, 't1', 'queued'), (69, 't1', 'queued');
INSERT INTO app.runs (id, tenant_id, status, note) VALUES (70, 't1', 'queued', 'good');
SELECT job_id FROM retry_ledger.claim_work('work', 'w', 1);
SELECT job_id FROM retry_ledger.claim_work('work', 'w', 10);
DO $$ BEGIN IF (SELECT count(*) FROM app.runs WHERE id IN (67, 70) AND status = 'running') < 2 THEN
  RAISE SQLSTATE '22P99' USING MESSAGE = 'blocked'; END IF; END $$;

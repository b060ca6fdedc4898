-- role: owner
-- tries: a partition that brings a guard of the right name and function, with a WHEN that never holds
-- none: harmless
-- guarded: held
-- locked: held
BEGIN;
CREATE TABLE day_runs_3 (LIKE day_runs INCLUDING ALL);
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON day_runs_3 FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION retry_ledger.guard_remove();
ALTER TABLE day_runs_3 ENABLE ALWAYS TRIGGER retry_ledger_truncate;
INSERT INTO days VALUES ('2024-03-05');
ALTER TABLE day_runs ATTACH PARTITION day_runs_3 FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
INSERT INTO day_runs (id, day) VALUES (50, '2024-03-05');
UPDATE day_runs SET status = 'failed' WHERE id = 50;
TRUNCATE day_runs_3;
COMMIT;

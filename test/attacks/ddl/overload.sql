-- role: owner
-- tries: a function in the extension's schema that fits a call of ours better than our own: missing_guards(oid, int)
-- none: harmless
-- guarded: held
-- locked: held
-- setup: GRANT CREATE ON SCHEMA retry_ledger TO attack_owner
CREATE FUNCTION retry_ledger.missing_guards(oid, int) RETURNS TABLE (trigger_name name, exists_there boolean, statement_level boolean)
  LANGUAGE sql AS $$ SELECT 'x'::name, true, true WHERE false $$;
CREATE TABLE forged (LIKE day_runs INCLUDING ALL);
INSERT INTO days VALUES ('2024-03-05');
INSERT INTO forged (id, day, status, attempt, is_retry) VALUES (77, '2024-03-05', 'completed', 1, false);
ALTER TABLE day_runs ATTACH PARTITION forged FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
TRUNCATE forged;

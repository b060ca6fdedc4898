-- role: owner
-- tries: objects of its own in the schema of the extension, with names that ours might take for theirs
-- none: bites
-- guarded: held
-- locked: held
-- setup: GRANT CREATE ON SCHEMA retry_ledger TO attack_owner
CREATE FUNCTION retry_ledger.guard_change(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION retry_ledger.table_shape(oid) RETURNS jsonb LANGUAGE sql AS $$SELECT '{}'::jsonb$$;
CREATE FUNCTION retry_ledger.missing_guards(int, int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE OR REPLACE FUNCTION retry_ledger.guard_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE OR REPLACE VIEW retry_ledger.guard_gap AS SELECT 1;
CREATE OPERATOR retry_ledger.= (FUNCTION = pg_catalog.texteq, LEFTARG = text, RIGHTARG = text);
UPDATE runs SET error = 'x' WHERE id OPERATOR(pg_catalog.=) 2;
ALTER TABLE runs DISABLE TRIGGER retry_ledger_change;

-- Trigger functions of the guards.  govern_* attach them, ENABLE ALWAYS; nobody calls them by hand.
--
-- On a run table T (K key, S status, F… the frozen columns: key, tenant, lineage, partition key):
--   retry_ledger_birth    BEFORE INSERT ROW        guard_birth()
--   retry_ledger_born     AFTER INSERT ROW         guard_born()
--   retry_ledger_change   AFTER UPDATE ROW         guard_change()
--       WHEN (guard_wakes(OLD.tableoid, OLD.S, NEW.S))
--   retry_ledger_lineage  AFTER UPDATE OF F… ROW   guard_lineage()
--   retry_ledger_delete   BEFORE DELETE ROW        guard_remove()
--   retry_ledger_truncate BEFORE TRUNCATE STATEMENT guard_remove()   on each partition as well
-- On an append-only table:
--   retry_ledger_change   AFTER UPDATE ROW         guard_append_only()
--   retry_ledger_delete, retry_ledger_truncate     guard_remove()
-- On a write-once table, the columns that may go from NULL to a value once as arguments:
--   retry_ledger_change   AFTER UPDATE ROW         guard_write_once('c1', …)
--   retry_ledger_delete, retry_ledger_truncate     guard_remove()
-- On a locked table of any kind, on each partition as well:
--   retry_ledger_locked   BEFORE INSERT OR UPDATE STATEMENT guard_locked()
CREATE FUNCTION @extschema@.guard_wakes(relation oid, old_status "any", new_status "any") RETURNS boolean
  AS 'MODULE_PATHNAME', 'guard_wakes' LANGUAGE C STABLE COST 1;
CREATE FUNCTION @extschema@.guard_birth() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_birth' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_born() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_born' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_change() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_change' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_lineage() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_lineage' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_remove() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_remove' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_append_only() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_append_only' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_write_once() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_write_once' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_ledger_entry() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_ledger_entry' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_locked() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_locked' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_own_table() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_own_table' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_configuration() RETURNS trigger AS 'MODULE_PATHNAME', 'guard_configuration' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.guard_wakes IS 'whether an UPDATE of a governed row must be looked at (WHEN of a guard)';
COMMENT ON FUNCTION @extschema@.guard_birth() IS 'guard: decides a retry, sets lineage at birth';
COMMENT ON FUNCTION @extschema@.guard_born() IS 'guard: checks a birth and puts a retry on the ledger';
COMMENT ON FUNCTION @extschema@.guard_change() IS 'guard: ended runs, frozen columns and status changes';
COMMENT ON FUNCTION @extschema@.guard_lineage() IS 'guard: columns that never change, where an UPDATE names them';
COMMENT ON FUNCTION @extschema@.guard_remove() IS 'guard: refuses DELETE and TRUNCATE';
COMMENT ON FUNCTION @extschema@.guard_append_only() IS 'guard: refuses UPDATE';
COMMENT ON FUNCTION @extschema@.guard_write_once() IS 'guard: named columns may go from NULL to a value once, others never change';
COMMENT ON FUNCTION @extschema@.guard_locked() IS 'guard: a locked table takes writes only where the library is preloaded';
COMMENT ON FUNCTION @extschema@.guard_ledger_entry() IS 'guard: a ledger entry must come with its right leaf hash';
COMMENT ON FUNCTION @extschema@.guard_own_table() IS 'guard: statements on our own tables are for their owner';
COMMENT ON FUNCTION @extschema@.guard_configuration() IS 'guard: where a table is locked, nobody but the library writes what it alone decides';

-- Every command that can reach a governed table: by name, through an index or type of it, as its partition or
-- child, whatever can be dropped with CASCADE, and whatever lets an object that is there rest on another one,
-- which may be temporary; and those that let a subscription write.
CREATE VIEW @extschema@.guarded_tag(tag) AS
SELECT pg_catalog.unnest(ARRAY[
    'ALTER AGGREGATE', 'ALTER DOMAIN', 'ALTER EXTENSION', 'ALTER FOREIGN TABLE', 'ALTER FUNCTION', 'ALTER INDEX',
    'ALTER MATERIALIZED VIEW', 'ALTER OPERATOR', 'ALTER POLICY', 'ALTER ROUTINE', 'ALTER RULE', 'ALTER SCHEMA',
    'ALTER SEQUENCE', 'ALTER SUBSCRIPTION', 'ALTER TABLE', 'ALTER TEXT SEARCH CONFIGURATION', 'ALTER TRIGGER', 'ALTER TYPE', 'ALTER VIEW',
    'CREATE AGGREGATE', 'CREATE FOREIGN TABLE', 'CREATE FUNCTION', 'CREATE LANGUAGE', 'CREATE POLICY', 'CREATE RULE',
    'CREATE SCHEMA', 'CREATE SUBSCRIPTION', 'CREATE TABLE', 'CREATE TRANSFORM', 'CREATE TRIGGER', 'CREATE VIEW',
    'DROP ACCESS METHOD', 'DROP AGGREGATE', 'DROP CAST', 'DROP COLLATION', 'DROP CONVERSION', 'DROP DOMAIN',
    'DROP EXTENSION', 'DROP FOREIGN DATA WRAPPER', 'DROP FOREIGN TABLE', 'DROP FUNCTION', 'DROP INDEX', 'DROP LANGUAGE',
    'DROP MATERIALIZED VIEW', 'DROP OPERATOR', 'DROP OPERATOR CLASS', 'DROP OPERATOR FAMILY', 'DROP OWNED',
    'DROP POLICY', 'DROP PROCEDURE', 'DROP ROUTINE', 'DROP RULE', 'DROP SCHEMA', 'DROP SEQUENCE', 'DROP SERVER',
    'DROP TABLE', 'DROP TEXT SEARCH CONFIGURATION', 'DROP TEXT SEARCH DICTIONARY', 'DROP TEXT SEARCH PARSER',
    'DROP TEXT SEARCH TEMPLATE', 'DROP TRANSFORM', 'DROP TRIGGER', 'DROP TYPE', 'DROP VIEW', 'IMPORT FOREIGN SCHEMA']);
REVOKE ALL ON @extschema@.guarded_tag FROM PUBLIC;
COMMENT ON VIEW @extschema@.guarded_tag IS 'internal: the commands that event triggers of ours are told of';

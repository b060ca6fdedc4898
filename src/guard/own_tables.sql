-- Our own tables keep the rules that they keep for others.  These triggers meet rows that don't come from the
-- library: a restore, replication, or a superuser's hand.
CREATE TRIGGER retry_ledger_change AFTER UPDATE ON @extschema@.ledger_entry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_append_only();
CREATE TRIGGER retry_ledger_delete BEFORE DELETE ON @extschema@.ledger_entry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_remove();
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON @extschema@.ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_remove();
CREATE TRIGGER retry_ledger_entry BEFORE INSERT ON @extschema@.ledger_entry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_ledger_entry();
ALTER TABLE @extschema@.ledger_entry ENABLE ALWAYS TRIGGER retry_ledger_change;
ALTER TABLE @extschema@.ledger_entry ENABLE ALWAYS TRIGGER retry_ledger_delete;
ALTER TABLE @extschema@.ledger_entry ENABLE ALWAYS TRIGGER retry_ledger_truncate;
ALTER TABLE @extschema@.ledger_entry ENABLE ALWAYS TRIGGER retry_ledger_entry;

CREATE TRIGGER retry_ledger_change AFTER UPDATE ON @extschema@.retry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_write_once('voided_at');
CREATE TRIGGER retry_ledger_delete BEFORE DELETE ON @extschema@.retry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_remove();
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON @extschema@.retry
  FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_remove();
ALTER TABLE @extschema@.retry ENABLE ALWAYS TRIGGER retry_ledger_change;
ALTER TABLE @extschema@.retry ENABLE ALWAYS TRIGGER retry_ledger_delete;
ALTER TABLE @extschema@.retry ENABLE ALWAYS TRIGGER retry_ledger_truncate;

CREATE TRIGGER retry_ledger_change AFTER UPDATE ON @extschema@.retry_policy
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_append_only();
CREATE TRIGGER retry_ledger_delete BEFORE DELETE ON @extschema@.retry_policy
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_remove();
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON @extschema@.retry_policy
  FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_remove();
ALTER TABLE @extschema@.retry_policy ENABLE ALWAYS TRIGGER retry_ledger_change;
ALTER TABLE @extschema@.retry_policy ENABLE ALWAYS TRIGGER retry_ledger_delete;
ALTER TABLE @extschema@.retry_policy ENABLE ALWAYS TRIGGER retry_ledger_truncate;

CREATE TRIGGER retry_ledger_change AFTER UPDATE ON @extschema@.request
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_append_only();
CREATE TRIGGER retry_ledger_delete BEFORE DELETE ON @extschema@.request
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_remove();
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON @extschema@.request
  FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_remove();
ALTER TABLE @extschema@.request ENABLE ALWAYS TRIGGER retry_ledger_change;
ALTER TABLE @extschema@.request ENABLE ALWAYS TRIGGER retry_ledger_delete;
ALTER TABLE @extschema@.request ENABLE ALWAYS TRIGGER retry_ledger_truncate;

CREATE TRIGGER retry_ledger_change AFTER UPDATE ON @extschema@.target_registry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_append_only();
CREATE TRIGGER retry_ledger_delete BEFORE DELETE ON @extschema@.target_registry
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_remove();
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON @extschema@.target_registry
  FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_remove();
ALTER TABLE @extschema@.target_registry ENABLE ALWAYS TRIGGER retry_ledger_change;
ALTER TABLE @extschema@.target_registry ENABLE ALWAYS TRIGGER retry_ledger_delete;
ALTER TABLE @extschema@.target_registry ENABLE ALWAYS TRIGGER retry_ledger_truncate;

CREATE TRIGGER retry_ledger_change AFTER UPDATE ON @extschema@.checkpoint
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_append_only();
CREATE TRIGGER retry_ledger_delete BEFORE DELETE ON @extschema@.checkpoint
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_remove();
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON @extschema@.checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_remove();
ALTER TABLE @extschema@.checkpoint ENABLE ALWAYS TRIGGER retry_ledger_change;
ALTER TABLE @extschema@.checkpoint ENABLE ALWAYS TRIGGER retry_ledger_delete;
ALTER TABLE @extschema@.checkpoint ENABLE ALWAYS TRIGGER retry_ledger_truncate;

CREATE TRIGGER retry_ledger_change AFTER UPDATE ON @extschema@.checkpoint_invalidation
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_append_only();
CREATE TRIGGER retry_ledger_delete BEFORE DELETE ON @extschema@.checkpoint_invalidation
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_remove();
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON @extschema@.checkpoint_invalidation
  FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_remove();
ALTER TABLE @extschema@.checkpoint_invalidation ENABLE ALWAYS TRIGGER retry_ledger_change;
ALTER TABLE @extschema@.checkpoint_invalidation ENABLE ALWAYS TRIGGER retry_ledger_delete;
ALTER TABLE @extschema@.checkpoint_invalidation ENABLE ALWAYS TRIGGER retry_ledger_truncate;

-- Not append-only, but the library's own: a locked table isn't unlocked by a row that a subscription brings.
CREATE TRIGGER retry_ledger_configuration AFTER INSERT OR UPDATE OR DELETE ON @extschema@.governed_table
  FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_configuration();
CREATE TRIGGER retry_ledger_truncate BEFORE TRUNCATE ON @extschema@.governed_table
  FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_configuration();
ALTER TABLE @extschema@.governed_table ENABLE ALWAYS TRIGGER retry_ledger_configuration;
ALTER TABLE @extschema@.governed_table ENABLE ALWAYS TRIGGER retry_ledger_truncate;

-- The same for what else the library alone decides: what work there is, which keys are taken, and that a restore is over.
-- A publisher's keys are taken here, too, as its retries are; they don't become free again.
DO $$
DECLARE own text[];
BEGIN
  FOREACH own SLICE 1 IN ARRAY ARRAY[
    ['work_queue', 'INSERT OR UPDATE OR DELETE'], ['work_item', 'INSERT OR UPDATE OR DELETE'],
    ['work_rate', 'INSERT OR UPDATE OR DELETE'], ['checkpoint_source', 'INSERT OR UPDATE OR DELETE'],
    ['metric_delta', 'INSERT OR UPDATE OR DELETE'], ['run_key', 'UPDATE OR DELETE'],
    ['in_use', 'UPDATE OR DELETE']] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER retry_ledger_configuration AFTER %s ON @extschema@.%I
      FOR EACH ROW EXECUTE FUNCTION @extschema@.guard_configuration()', own[2], own[1]);
    EXECUTE pg_catalog.format('ALTER TABLE @extschema@.%I ENABLE ALWAYS TRIGGER retry_ledger_configuration', own[1]);
  END LOOP;
END $$;

-- And every table of ours is written by statements of its owner only, whatever is granted.
DO $$
DECLARE own pg_catalog.regclass;
BEGIN
  FOR own IN SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_depend d ON d.objid = c.oid
    AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'e'
    JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    WHERE e.extname = 'retry_ledger' AND c.relkind = 'r' LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER retry_ledger_writer BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
      FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.guard_own_table()', own);
    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER retry_ledger_writer', own);
  END LOOP;
END $$;

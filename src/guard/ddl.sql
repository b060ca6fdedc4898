-- DDL on governed tables: what must not be lost, and the event triggers that see to it.
--
-- Why monotone facts and not a list of forbidden commands: a guard can be taken away in dozens of ways (DROP,
-- DISABLE, RENAME, CASCADE from a type or a function, DETACH, a rule, an inheritance child, …), new ones come
-- with each PostgreSQL, and a command inside a function is one more.  What governance stands on can be written
-- down once: guarded_state lists it as facts read from the catalogs.  The rule is that a command loses no fact.
-- A restore passes at every step, because it only ever adds facts: first tables, then the configuration,
-- then triggers, one ALTER TABLE each to enable them.  What isn't a fact stays easy: indexes, comments,
-- grants, statistics, nullable columns, triggers of the application.
--
-- Both sides of the comparison are read when the command has ended: the state after it with a new snapshot, and
-- the state before it with that snapshot's view of our own transaction turned back to the command's start.  So
-- what other sessions commit meanwhile (a table being governed while this command waits for its lock, a release)
-- is on both sides, and is neither missed nor blamed on this command.  It takes plain catalog tables, though:
-- pg_get_triggerdef(), format_type() and their kin always answer for now.
--
-- Row level security, policies and rules are the exception to "adding is easy": they can hide rows.  They pass
-- when each one that changed is as the configuration recorded it, which is what a restore does; accept_ddl
-- changes what is recorded.  On a partition they decide about what is read from it directly, and are judged in the
-- same way, by its name: a partition that has any keeps its name.

-- Each index that keeps a key of a governed table unique: a key is lost with the last one.
CREATE VIEW @extschema@.key_index AS
SELECT k.root, k.name, k.table_name COLLATE "C" AS table_name,
       pg_catalog.format('the unique index on %s of governed table %s', k.title, k.table_name) AS title, k.index
FROM (
  SELECT g.run_table::pg_catalog.oid AS root, a.attname::text AS name, pg_catalog.format('%I', a.attname) AS title,
         g.table_name, i.indexrelid AS index
  FROM @extschema@.governed_table g JOIN pg_catalog.pg_attribute a ON a.attrelid = g.run_table AND a.attname = g.key_column
  JOIN @extschema@.unique_index i ON i.indrelid = g.run_table AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum
  UNION ALL
  SELECT g.run_table, g.run_column || ', ' || g.index_column, pg_catalog.format('(%I, %I)', g.run_column, g.index_column),
         g.table_name, i.indexrelid
  FROM @extschema@.governed_table g
  JOIN pg_catalog.pg_attribute a ON a.attrelid = g.run_table AND a.attname = g.run_column
  JOIN pg_catalog.pg_attribute b ON b.attrelid = g.run_table AND b.attname = g.index_column
  JOIN @extschema@.unique_index i ON i.indrelid = g.run_table AND i.indnkeyatts = 2
    AND ((i.indkey[0], i.indkey[1]) = (a.attnum, b.attnum) OR (i.indkey[1], i.indkey[0]) = (a.attnum, b.attnum))
) k;
REVOKE ALL ON @extschema@.key_index FROM PUBLIC;
COMMENT ON VIEW @extschema@.key_index IS 'the indexes that keep the keys of governed tables unique';

-- The view <table>_retry_history of each governed table: it shows the retries of that table, and depends on both.
-- What it shows lies in its query, in the names of its columns, and in whose rights and policies its options say.
CREATE VIEW @extschema@.history_view AS
SELECT DISTINCT g.run_table::pg_catalog.oid AS root, v.relname AS name,
       pg_catalog.md5(pg_catalog.concat_ws('|', w.ev_action, v.reloptions, ARRAY(
         SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = v.oid AND a.attnum > 0 ORDER BY a.attnum)))
         AS definition, g.table_name,
       pg_catalog.format('view %I.%I of governed table %s', n.nspname, v.relname, g.table_name) AS title
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_class h ON h.relnamespace = e.extnamespace AND h.relname = 'retry_history'
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = h.oid
  AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid AND w.rulename = '_RETURN'
JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND v.relkind = 'v'
JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
JOIN pg_catalog.pg_depend t ON t.classid = d.classid AND t.objid = w.oid AND t.refclassid = d.refclassid
JOIN @extschema@.governed_table g ON g.run_table = t.refobjid
CROSS JOIN LATERAL pg_catalog.parse_ident(g.table_name) r(parts)
WHERE e.extname = 'retry_ledger' AND n.nspname = r.parts[1] AND v.relname LIKE '%\_retry\_history'
  -- A long name is cut.
  AND pg_catalog.starts_with(r.parts[2], pg_catalog.left(v.relname::text, -pg_catalog.length('_retry_history')));
REVOKE ALL ON @extschema@.history_view FROM PUBLIC;
COMMENT ON VIEW @extschema@.history_view IS 'the views on the history of governed tables, as they are defined';

-- One row for each fact.  Two states are compared by all columns but the last three: those are for people.
CREATE VIEW @extschema@.guarded_state AS
WITH RECURSIVE
ours AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    AND d.refobjid = e.oid AND d.deptype = 'e'
  WHERE e.extname = 'retry_ledger'
),
governed AS (
  SELECT g.run_table::pg_catalog.oid AS root, g.table_name, g.key_column, 'governed table ' || g.table_name AS title,
         false AS own
  FROM @extschema@.governed_table g
  UNION ALL
  SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname), NULL,
         pg_catalog.format('retry_ledger''s own table %I.%I', n.nspname, c.relname), true
  FROM ours o JOIN pg_catalog.pg_class c ON c.oid = o.objid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.relkind = 'r'
),
tree AS (
  SELECT root, root AS relation, 0::pg_catalog.oid AS parent FROM governed
  UNION ALL
  SELECT t.root, i.inhrelid, i.inhparent
  FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relation
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
),
relations AS (
  SELECT g.root, t.relation, t.parent, g.table_name, g.key_column, c.relkind, c.relpersistence, c.relrowsecurity,
         c.relforcerowsecurity, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
         CASE WHEN t.relation = g.root THEN g.title
              ELSE pg_catalog.format('partition %I.%I of %s', n.nspname, c.relname, g.title) END AS title,
         CASE WHEN t.relation <> g.root THEN pg_catalog.format('%I.%I', n.nspname, c.relname) ELSE '' END AS partition
  FROM tree t JOIN governed g ON g.root = t.root JOIN pg_catalog.pg_class c ON c.oid = t.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
),
columns AS (
  SELECT r.root, r.relation, r.title, r.table_name, r.key_column, a.*
  FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.relation AND a.attnum > 0 AND NOT a.attisdropped
),
guards AS (
  SELECT r.root, r.relation, r.title, r.table_name, t.tgname, t.tgenabled,
         pg_catalog.md5(pg_catalog.concat_ws('|', t.tgfoid, t.tgtype, t.tgattr, t.tgqual, t.tgargs, t.tgconstraint,
           t.tgdeferrable, t.tginitdeferred, t.tgoldtable, t.tgnewtable)) AS definition
  FROM relations r JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.relation
  JOIN ours o ON o.objid = t.tgfoid AND o.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  WHERE t.tgname LIKE 'retry\_ledger\_%'  -- others that name a function of ours guard nothing, and may go
),
-- The types that the columns are made of, an application's own only: their labels and attributes are part
-- of what an ended row says.
used_types AS (
  SELECT root, title, table_name, atttypid AS type FROM columns WHERE relation = root AND atttypid >= 16384
  UNION
  SELECT u.root, u.title, u.table_name, part.type
  FROM used_types u JOIN pg_catalog.pg_type t ON t.oid = u.type,
  LATERAL (
    SELECT t.typbasetype UNION ALL SELECT t.typelem
    UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
      WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
  ) part(type)
  WHERE part.type >= 16384
),
type_names AS (
  SELECT u.root, u.table_name, t.oid AS type, t.typtype, t.typrelid,
         pg_catalog.format('type %I.%I, which %s uses', n.nspname, t.typname, u.title) AS title
  FROM used_types u JOIN pg_catalog.pg_type t ON t.oid = u.type JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
)
SELECT f.root, f.relation, f.kind, f.name COLLATE "C" AS name, f.aspect COLLATE "C" AS aspect, f.value, g.own,
       f.table_name, f.title
FROM (
          SELECT root, relation, 'table' AS kind, ''::text AS name, '' AS aspect,
                 pg_catalog.concat(relkind, relpersistence) AS value, table_name COLLATE "C" AS table_name, title
          FROM relations WHERE relation = root
UNION ALL SELECT root, relation, 'name', name, '', '', table_name, 'the name of ' || title
          FROM relations WHERE relation = root AND name = table_name
UNION ALL SELECT root, relation, 'partition', '', '', pg_catalog.concat(parent, relkind, relpersistence), table_name, title
          FROM relations WHERE relation <> root
UNION ALL SELECT r.root, r.relation, 'inheritance', 'child ' || i.inhrelid, '', '', r.table_name,
                 pg_catalog.format('inheritance child %I.%I to %s', n.nspname, c.relname, r.title)
          FROM relations r JOIN pg_catalog.pg_inherits i ON i.inhparent = r.relation
          JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION ALL SELECT r.root, r.relation, 'inheritance', 'parent ' || i.inhparent, '', '', r.table_name,
                 pg_catalog.format('parent %I.%I to %s', n.nspname, c.relname, r.title)
          FROM relations r JOIN pg_catalog.pg_inherits i ON i.inhrelid = r.relation
          JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE r.relation = r.root
UNION ALL SELECT root, relation, 'column', attname, '', attnum::text, table_name,
                 pg_catalog.format('column %I of %s', attname, title) FROM columns
UNION ALL SELECT root, relation, 'column', attname, 'type', atttypid::text, table_name,
                 pg_catalog.format('the type of column %I of %s', attname, title) FROM columns
UNION ALL SELECT root, relation, 'column', attname, 'not null', '', table_name,
                 pg_catalog.format('NOT NULL on column %I of %s', attname, title)
          FROM columns WHERE attnotnull AND attname = key_column
UNION ALL SELECT c.root, c.relation, 'column', c.attname, 'expression', pg_catalog.md5(d.adbin::text), c.table_name,
                 pg_catalog.format('the expression of generated column %I of %s', c.attname, c.title)
          FROM columns c JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.relation AND d.adnum = c.attnum
          WHERE c.attgenerated = 'v'
UNION ALL SELECT DISTINCT k.root, k.root, 'key', k.name, '', '', k.table_name, k.title FROM @extschema@.key_index k
UNION ALL SELECT root, relation, 'trigger', tgname, '', '', table_name,
                 pg_catalog.format('trigger %I of %s', tgname, title) FROM guards
UNION ALL SELECT root, relation, 'trigger', tgname, 'definition', definition, table_name,
                 pg_catalog.format('the definition of trigger %I of %s', tgname, title) FROM guards
UNION ALL SELECT root, relation, 'trigger', tgname, 'enabled', '', table_name,
                 pg_catalog.format('the firing of trigger %I of %s', tgname, title)
          FROM guards WHERE tgenabled IN ('O', 'A')
UNION ALL SELECT root, relation, 'trigger', tgname, 'enabled always', '', table_name,
                 pg_catalog.format('ENABLE ALWAYS of trigger %I of %s', tgname, title)
          FROM guards WHERE tgenabled IN ('R', 'A')
UNION ALL SELECT r.root, r.relation, 'unfired', t.tgname, '', '', r.table_name,
                 pg_catalog.format('trigger %I to %s', t.tgname, r.title)
          FROM relations r JOIN governed g ON g.root = r.root AND g.own JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.relation
          WHERE NOT t.tgisinternal AND NOT EXISTS (SELECT FROM guards w WHERE w.relation = r.relation AND w.tgname = t.tgname)
UNION ALL SELECT t.root, t.root, 'label', pg_catalog.concat_ws('|', t.type, e.enumlabel), '', '', t.table_name,
                 pg_catalog.format('label %L of %s', e.enumlabel, t.title)
          FROM type_names t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.type
UNION ALL SELECT t.root, t.root, 'attributes', t.type::text, '', pg_catalog.count(*)::text, t.table_name,
                 'the attributes of ' || t.title
          FROM type_names t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0
          WHERE t.typtype = 'c' AND NOT a.attisdropped GROUP BY t.root, t.type, t.table_name, t.title
UNION ALL SELECT t.root, t.root, 'attribute', pg_catalog.concat_ws('|', t.type, a.attname), '',
                 pg_catalog.concat_ws('|', a.attnum, a.atttypid), t.table_name,
                 pg_catalog.format('attribute %I of %s', a.attname, t.title)
          FROM type_names t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0
          WHERE t.typtype = 'c' AND NOT a.attisdropped
UNION ALL SELECT v.root, v.root, 'view', v.name, f.aspect, f.value, v.table_name, f.what || v.title
          FROM @extschema@.history_view v
          CROSS JOIN LATERAL (VALUES ('', '', ''), ('definition', v.definition, 'the definition of ')) f(aspect, value, what)
UNION ALL SELECT root, relation, 'rls', 'rls', '', partition, table_name, 'row level security of ' || title
          FROM relations WHERE relrowsecurity
UNION ALL SELECT root, relation, 'rls', 'force_rls', '', partition, table_name, 'forced row level security of ' || title
          FROM relations WHERE relforcerowsecurity
UNION ALL SELECT r.root, r.relation, 'policies', p.polname, '',
                 pg_catalog.md5(pg_catalog.concat_ws('|', r.partition, p.polcmd, p.polpermissive, p.polroles, p.polqual, '|', p.polwithcheck)),
                 r.table_name, pg_catalog.format('policy %I of %s', p.polname, r.title)
          FROM relations r JOIN pg_catalog.pg_policy p ON p.polrelid = r.relation
UNION ALL SELECT r.root, r.relation, 'rules', w.rulename, '',
                 pg_catalog.md5(pg_catalog.concat_ws('|', r.partition, w.ev_type, w.ev_enabled, w.is_instead, w.ev_qual, '|', w.ev_action)),
                 r.table_name, pg_catalog.format('rule %I of %s', w.rulename, r.title)
          FROM relations r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.relation
) f JOIN governed g ON g.root = f.root;
REVOKE ALL ON @extschema@.guarded_state FROM PUBLIC;
COMMENT ON VIEW @extschema@.guarded_state IS 'the facts that governance stands on; no DDL command may lose one';

-- Whether row level security, a policy or a rule of a table or partition is as the table's configuration recorded it.
CREATE FUNCTION @extschema@.as_accepted(run_table oid, relation oid, kind text, name text, accepted jsonb) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  AS $$
    SELECT CASE WHEN kind = 'rls'
                THEN coalesce(s.shape->name, 'false'::jsonb) = coalesce(s.accepted->name, 'false'::jsonb)
                ELSE s.shape->kind->>name IS NOT DISTINCT FROM s.accepted->kind->>name END
    FROM (
      SELECT @extschema@.relation_shape(as_accepted.relation::pg_catalog.regclass) AS shape,
             CASE WHEN as_accepted.relation = run_table THEN as_accepted.accepted
                  ELSE as_accepted.accepted->'partitions'->(
                    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
                    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = as_accepted.relation) END AS accepted
    ) s
  $$;
REVOKE ALL ON FUNCTION @extschema@.as_accepted FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.as_accepted IS 'internal: whether one policy or rule is as it was accepted';

-- What a command has done to the guarded state, as far as it matters:
--   lost         a fact is gone; lost_key, lost_partition: by kind, where there is another way out than a release
--   own          the same, of one of our own tables
--   unaccepted   row level security, a policy or a rule is there and shouldn't be, or the other way round
--   inheritance  a governed table has got an inheritance child or a parent
--   partition    a partition has been attached: to be looked at
--   unfired      one of our own tables has got a trigger of somebody else's: it would not fire, since we write
--                these tables below triggers.  pg_repack would lose what is written while it copies
-- Facts of tables that aren't governed any more don't count.  Where a table or partition is gone, it alone
-- is named; where a column or trigger is gone, it alone ('' sorts first).
CREATE FUNCTION @extschema@.guarded_changes(before @extschema@.guarded_state[], accepting oid)
  RETURNS TABLE (change text, root oid, relation oid, table_name text, title text, schema_name text, relation_name text)
  LANGUAGE sql STABLE
  AS $$
  WITH b AS MATERIALIZED (SELECT * FROM pg_catalog.unnest(before)),
  a AS MATERIALIZED (SELECT * FROM @extschema@.guarded_state),
  lost AS (
    SELECT b.* FROM b
    WHERE NOT EXISTS (SELECT FROM a WHERE (a.root, a.relation, a.kind, a.name, a.aspect, a.value)
                                        = (b.root, b.relation, b.kind, b.name, b.aspect, b.value))
      -- Released meanwhile?  Our own tables are never released.
      AND (b.own OR EXISTS (SELECT FROM @extschema@.governed_table g WHERE g.run_table = b.root))
  ),
  gained AS (
    SELECT a.* FROM a
    WHERE NOT EXISTS (SELECT FROM b WHERE (b.root, b.relation, b.kind, b.name, b.aspect, b.value)
                                        = (a.root, a.relation, a.kind, a.name, a.aspect, a.value))
  ),
  -- By raw catalog columns; whether they are as accepted is a question of their text.
  shape AS (
    SELECT s.root, s.relation, s.table_name, pg_catalog.min(s.title) AS title
    FROM (TABLE lost UNION ALL TABLE gained) s
    JOIN @extschema@.governed_table g ON g.run_table = s.root
    JOIN pg_catalog.pg_class c ON c.oid = s.root
    WHERE s.kind IN ('rls', 'policies', 'rules') AND s.root <> accepting
      AND NOT @extschema@.as_accepted(s.root, s.relation, s.kind, s.name, g.accepted)
    GROUP BY s.root, s.relation, s.table_name, s.kind, s.name
  )
  SELECT c.*, n.parts[1], n.parts[2] FROM (
  SELECT CASE WHEN l.own THEN 'own' WHEN l.kind IN ('key', 'partition') THEN 'lost_' || l.kind ELSE 'lost' END, l.root, l.relation, l.table_name, l.title
  FROM lost l
  WHERE l.kind NOT IN ('inheritance', 'unfired', 'rls', 'policies', 'rules')
    AND NOT EXISTS (SELECT FROM lost w WHERE w.root = l.root AND w.kind = 'table' AND l.kind <> 'table')
    AND NOT EXISTS (SELECT FROM lost w WHERE w.relation = l.relation AND w.kind = 'partition' AND l.kind <> 'partition')
    AND NOT EXISTS (SELECT FROM lost w WHERE (w.relation, w.kind, w.name) = (l.relation, l.kind, l.name)
                    AND w.aspect < l.aspect)
  UNION ALL
  SELECT 'unaccepted', s.root, s.relation, s.table_name, s.title FROM shape s
  UNION ALL
  SELECT g.kind, g.root, g.relation, g.table_name, g.title FROM gained g
  JOIN @extschema@.governed_table t ON t.run_table = g.root
  WHERE g.kind IN ('inheritance', 'partition')
    -- A table that has come under governance within the command was looked at by whoever governed it.
    AND EXISTS (SELECT FROM b WHERE b.root = g.root)
  UNION ALL
  SELECT g.kind, g.root, g.relation, g.table_name, g.title FROM gained g WHERE g.kind = 'unfired'
  ) c(change, root, relation, table_name, title), pg_catalog.parse_ident(c.table_name) n(parts)
  ORDER BY c.table_name, c.change, c.title
  $$;
REVOKE ALL ON FUNCTION @extschema@.guarded_changes FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.guarded_changes IS 'internal: what a DDL command has done to guarded_state';

-- The guards that a partition lacks, or has but not ENABLE ALWAYS, compared with its root.  Those for each row
-- are clones of the root's; one for each statement may have come with the partition, under conditions of its own.
CREATE FUNCTION @extschema@.missing_guards(root oid, partition oid)
  RETURNS TABLE (trigger_name name, exists_there boolean, statement_level boolean)
  LANGUAGE sql STABLE
  AS $$
    SELECT r.tgname, p.oid IS NOT NULL, r.tgtype & 1 = 0
    FROM pg_catalog.pg_trigger r
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = r.tgfoid
      AND d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'retry_ledger'
    LEFT JOIN pg_catalog.pg_trigger p ON p.tgrelid = partition AND p.tgname = r.tgname AND p.tgfoid = r.tgfoid
      AND (r.tgtype & 1 = 1
           OR (p.tgtype, p.tgattr::text, p.tgqual::text, p.tgargs, p.tgoldtable, p.tgnewtable, p.tgconstraint)
              IS NOT DISTINCT FROM
              (r.tgtype, r.tgattr::text, r.tgqual::text, r.tgargs, r.tgoldtable, r.tgnewtable, r.tgconstraint))
    WHERE r.tgrelid = root AND (p.oid IS NULL OR p.tgenabled <> 'A')
    ORDER BY 1
  $$;
REVOKE ALL ON FUNCTION @extschema@.missing_guards FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.missing_guards IS 'internal: guards that a new partition still needs';

CREATE FUNCTION @extschema@.accept_ddl(run_table regclass, command text, reason text) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'accept_ddl' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.accept_ddl IS
  'runs one command on row level security, policies or rules of a governed table, and puts it on the ledger';

CREATE FUNCTION @extschema@.guard_ddl_start() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'guard_ddl_start' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_ddl_end() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'guard_ddl_end' LANGUAGE C;
CREATE FUNCTION @extschema@.guard_rewrite() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'guard_rewrite' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.guard_ddl_start IS 'guard: refuses what would take the extension away, notes where a command starts';
COMMENT ON FUNCTION @extschema@.guard_ddl_end IS 'guard: refuses a command that has lost a fact of guarded_state';
COMMENT ON FUNCTION @extschema@.guard_rewrite IS 'guard: refuses the rewrite of a governed table';

-- guarded_tag (guard.sql) says of what.
DO $$
DECLARE tags text := (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(tag), ', ') FROM @extschema@.guarded_tag);
BEGIN
  EXECUTE pg_catalog.format('CREATE EVENT TRIGGER retry_ledger_ddl_start ON ddl_command_start WHEN TAG IN (%s)
    EXECUTE FUNCTION @extschema@.guard_ddl_start()', tags);
  EXECUTE pg_catalog.format('CREATE EVENT TRIGGER retry_ledger_ddl_end ON ddl_command_end WHEN TAG IN (%s)
    EXECUTE FUNCTION @extschema@.guard_ddl_end()', tags);
END $$;
CREATE EVENT TRIGGER retry_ledger_rewrite ON table_rewrite EXECUTE FUNCTION @extschema@.guard_rewrite();
ALTER EVENT TRIGGER retry_ledger_ddl_start ENABLE ALWAYS;
ALTER EVENT TRIGGER retry_ledger_ddl_end ENABLE ALWAYS;
ALTER EVENT TRIGGER retry_ledger_rewrite ENABLE ALWAYS;

-- Is everything in place, and does it hold?

-- Unique indexes that keep what they say, and that stay.  By an operator class of somebody's own, nothing need equal
-- anything: it must be built in, or that of an extension's type.  One that rests on anything in the schema of a session,
-- at whatever depth, goes with that session, which no event trigger is told.
CREATE VIEW @extschema@.unique_index AS
SELECT i.indexrelid, i.indrelid, i.indnkeyatts, i.indkey FROM pg_catalog.pg_index i
WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND NOT EXISTS (
  SELECT FROM ROWS FROM (pg_catalog.unnest(i.indclass::pg_catalog.oid[]), pg_catalog.unnest(i.indkey::pg_catalog.int2[])) k(class, number)
  JOIN pg_catalog.pg_opclass o ON o.oid = k.class AND o.oid >= 16384
  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
  WHERE NOT (o.opcdefault AND o.opcintype >= 16384 AND a.atttypid >= 16384))
AND NOT EXISTS (
  WITH RECURSIVE needs(classid, objid) AS (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, i.indexrelid
    UNION
    SELECT on_it.classid, on_it.objid FROM needs n, LATERAL (
      SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d
      WHERE d.classid = n.classid AND d.objid = n.objid AND (d.refclassid <> n.classid OR n.objid <> i.indexrelid)
      UNION ALL  -- the functions and operators of an operator class, by what is internal to it
      SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
      WHERE d.refclassid = n.classid AND d.refobjid = n.objid AND d.deptype = 'i'
        AND n.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
    ) on_it(classid, objid)
  )
  SELECT FROM needs n JOIN pg_catalog.pg_namespace s ON n.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    AND s.oid = n.objid AND s.nspname LIKE 'pg\_temp\_%');
REVOKE ALL ON @extschema@.unique_index FROM PUBLIC;
COMMENT ON VIEW @extschema@.unique_index IS 'internal: the unique indexes that a key can rest on';

-- What extensions have brought.
CREATE VIEW @extschema@.extension_member(classid, objid, extname) AS
SELECT d.classid, d.objid, e.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e';
REVOKE ALL ON @extschema@.extension_member FROM PUBLIC;
COMMENT ON VIEW @extschema@.extension_member IS 'internal: which object belongs to which extension';

-- The types that the columns of locked tables are made of, but for PostgreSQL's own; and the types of their rows.
CREATE VIEW @extschema@.locked_type AS
WITH RECURSIVE used(root, oid) AS (
  SELECT g.run_table::oid, t.type FROM @extschema@.governed_table g JOIN pg_catalog.pg_class c ON c.oid = g.run_table
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attnum > 0
  CROSS JOIN LATERAL (VALUES (a.atttypid), (c.reltype)) t(type)
  WHERE g.locked AND t.type >= 16384
  UNION
  SELECT u.root, p.part FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.oid CROSS JOIN LATERAL (
    SELECT t.typelem UNION ALL SELECT t.typbasetype
    UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
      WHERE t.typrelid <> 0 AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) p(part)
  WHERE p.part >= 16384
)
SELECT root, oid FROM used;
REVOKE ALL ON @extschema@.locked_type FROM PUBLIC;
COMMENT ON VIEW @extschema@.locked_type IS 'internal: the types, other than PostgreSQL''s own, of what locked tables have';

-- Where what is read of a type is the application's: how values are cast, compared and sorted without an operator being
-- named.  Its functions may answer by what stands in some table.  Where the type is of one locked table, of that alone.
CREATE VIEW @extschema@.left_of_types(what, classid, objid, root) AS
SELECT pg_catalog.format('cast from %s to %s', c.castsource::pg_catalog.regtype, c.casttarget::pg_catalog.regtype),
    'pg_catalog.pg_proc'::pg_catalog.regclass, c.castfunc, t.root
  FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
  LEFT JOIN @extschema@.locked_type t ON t.oid IN (c.castsource, c.casttarget)
  WHERE c.castfunc >= 16384 AND (t.oid IS NOT NULL OR c.castsource < 16384 AND c.casttarget < 16384)
UNION SELECT 'default operator class ' || o.opcname, 'pg_catalog.pg_opclass'::pg_catalog.regclass, o.oid, t.root
  FROM pg_catalog.pg_opclass o LEFT JOIN @extschema@.locked_type t ON t.oid = o.opcintype
  WHERE o.oid >= 16384 AND o.opcdefault AND (o.opcintype < 16384 OR t.oid IS NOT NULL)
UNION SELECT pg_catalog.format('operator class %s of range %s', o.opcname, r.rngtypid::pg_catalog.regtype),
    'pg_catalog.pg_opclass'::pg_catalog.regclass, o.oid, t.root
  FROM pg_catalog.pg_range r JOIN @extschema@.locked_type t ON t.oid IN (r.rngtypid, r.rngmultitypid)
  JOIN pg_catalog.pg_opclass o ON o.oid = r.rngsubopc AND o.oid >= 16384
-- The planner concludes by it from one condition to another, as from a query's to that of a partial index.
UNION SELECT pg_catalog.format('operator family %s, which has %s', f.opfname, pg_catalog.min(a.amopopr::pg_catalog.regoperator::text)),
    'pg_catalog.pg_opfamily'::pg_catalog.regclass, f.oid, NULL
  FROM pg_catalog.pg_amop a JOIN pg_catalog.pg_opfamily f ON f.oid = a.amopfamily
  WHERE f.oid >= 16384 AND a.amopopr < 16384 GROUP BY f.oid, f.opfname;
REVOKE ALL ON @extschema@.left_of_types FROM PUBLIC;
COMMENT ON VIEW @extschema@.left_of_types IS 'internal: casts, classes and families of operators that left_before_lock names';

-- Whether a support function of an operator class (a row of pg_amproc) is called with other types than it takes.
CREATE FUNCTION @extschema@.supports_other_types(amproc oid) RETURNS boolean
  AS 'MODULE_PATHNAME', 'supports_other_types' LANGUAGE C STABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION @extschema@.supports_other_types FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.supports_other_types IS 'internal: whether a support function may read its arguments as what they aren''t';

-- Code in C is called with what it may not have been made for, and then reads and writes the session's memory, where the hooks are.
-- But for what PostgreSQL makes of its own: for aggregates, and to construct ranges.
CREATE VIEW @extschema@.compiled_by_hand(what, classid, objid) AS
SELECT pg_catalog.format('function %s in LANGUAGE %s', p.oid::pg_catalog.regprocedure, l.lanname), 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE p.oid >= 16384 AND l.lanname IN ('c', 'internal') AND p.prokind <> 'a'
    AND NOT (l.lanname = 'internal' AND p.prosrc ~ '^(multi)?range_constructor[0-3]$')
UNION ALL SELECT pg_catalog.format('support %s of function %s', p.prosupport, p.oid::pg_catalog.regprocedure), 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid
  FROM pg_catalog.pg_proc p WHERE p.oid >= 16384 AND p.prosupport <> 0
UNION ALL SELECT pg_catalog.format('aggregate %s, whose state has no type', a.aggfnoid::pg_catalog.regprocedure), 'pg_catalog.pg_proc'::pg_catalog.regclass, a.aggfnoid
  FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid >= 16384 AND 'pg_catalog.internal'::pg_catalog.regtype IN (a.aggtranstype, a.aggmtranstype)
UNION ALL SELECT pg_catalog.format('cast from %s to %s without a function', c.castsource::pg_catalog.regtype, c.casttarget::pg_catalog.regtype),
    'pg_catalog.pg_cast'::pg_catalog.regclass, c.oid
  FROM pg_catalog.pg_cast c WHERE c.oid >= 16384 AND c.castmethod = 'b'
UNION ALL SELECT pg_catalog.format('support function %s of operator family %s', f.amproc::pg_catalog.regprocedure, o.opfname),
    'pg_catalog.pg_opfamily'::pg_catalog.regclass, o.oid
  FROM pg_catalog.pg_amproc f JOIN pg_catalog.pg_opfamily o ON o.oid = f.amprocfamily
  WHERE f.oid >= 16384 AND @extschema@.supports_other_types(f.oid)
UNION ALL SELECT 'language ' || l.lanname, 'pg_catalog.pg_language'::pg_catalog.regclass, l.oid FROM pg_catalog.pg_language l WHERE l.oid >= 16384
UNION ALL SELECT pg_catalog.format('transform for %s in %s', t.trftype::pg_catalog.regtype, l.lanname), 'pg_catalog.pg_transform'::pg_catalog.regclass, t.oid
  FROM pg_catalog.pg_transform t JOIN pg_catalog.pg_language l ON l.oid = t.trflang WHERE t.oid >= 16384
UNION ALL SELECT 'text search parser ' || p.prsname, 'pg_catalog.pg_ts_parser'::pg_catalog.regclass, p.oid FROM pg_catalog.pg_ts_parser p WHERE p.oid >= 16384
UNION ALL SELECT 'text search template ' || t.tmplname, 'pg_catalog.pg_ts_template'::pg_catalog.regclass, t.oid FROM pg_catalog.pg_ts_template t WHERE t.oid >= 16384;
REVOKE ALL ON @extschema@.compiled_by_hand FROM PUBLIC;
COMMENT ON VIEW @extschema@.compiled_by_hand IS 'internal: what left_before_lock names because it calls code in C';

-- Tables, indexes and the like that have the files of another one: who writes one writes both, and guards know one.
CREATE VIEW @extschema@.shared_file AS
SELECT pg_catalog.format('%s, which has the files of another relation', c.oid::pg_catalog.regclass) AS what FROM (
  SELECT r.oid, r.reltablespace, pg_catalog.count(*) OVER (PARTITION BY pg_catalog.pg_relation_filenode(r.oid), r.reltablespace = 1664,
      coalesce(nullif(r.reltablespace, 0), d.dattablespace)) AS same
    FROM pg_catalog.pg_class r JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
    WHERE r.relpersistence <> 't' AND pg_catalog.pg_relation_filenode(r.oid) IS NOT NULL
  ) c WHERE c.oid >= 16384 AND (c.same > 1 OR c.reltablespace = 1664);
REVOKE ALL ON @extschema@.shared_file FROM PUBLIC;
COMMENT ON VIEW @extschema@.shared_file IS 'internal: relations whose files are those of others as well';

-- What a superuser may have left, before the lock, that PostgreSQL takes in place of its own when it runs a statement, or that
-- hides rows of our tables.  Once locked, none of it can come.  What an extension has brought is its own affair.
-- OIDs from 16384 on aren't PostgreSQL's own.  `root`: the locked table that it concerns, NULL: all of them.
CREATE VIEW @extschema@.left_before_lock(what, root) AS
WITH by_hand(what, classid, objid) AS (
  SELECT pg_catalog.format('function %s in pg_catalog', oid::pg_catalog.regprocedure), 'pg_catalog.pg_proc'::pg_catalog.regclass, oid FROM pg_catalog.pg_proc
    WHERE oid >= 16384 AND pronamespace = 'pg_catalog'::pg_catalog.regnamespace
  UNION ALL SELECT pg_catalog.format('operator %s in pg_catalog', oid::pg_catalog.regoperator), 'pg_catalog.pg_operator'::pg_catalog.regclass, oid
    FROM pg_catalog.pg_operator WHERE oid >= 16384 AND oprnamespace = 'pg_catalog'::pg_catalog.regnamespace
  UNION ALL SELECT pg_catalog.format('operator %s in a family of PostgreSQL''s', amopopr::pg_catalog.regoperator),
      'pg_catalog.pg_operator'::pg_catalog.regclass, amopopr
    FROM pg_catalog.pg_amop WHERE oid >= 16384 AND amopfamily < 16384
  UNION ALL SELECT pg_catalog.format('function %s in a family of PostgreSQL''s', amproc::pg_catalog.regprocedure),
      'pg_catalog.pg_proc'::pg_catalog.regclass, amproc
    FROM pg_catalog.pg_amproc WHERE oid >= 16384 AND amprocfamily < 16384
  UNION ALL SELECT pg_catalog.format('opposite %s of operator %s', x.opposite::pg_catalog.regoperator, o.oid::pg_catalog.regoperator),
      'pg_catalog.pg_operator'::pg_catalog.regclass, x.opposite
    FROM pg_catalog.pg_operator o, pg_catalog.unnest(ARRAY[o.oprcom, o.oprnegate]) x(opposite) WHERE o.oid < 16384 AND x.opposite >= 16384
  UNION ALL SELECT what, classid, objid FROM @extschema@.compiled_by_hand
  UNION ALL SELECT pg_catalog.format('foreign key %I of %s', c.conname, c.conrelid::pg_catalog.regclass),
      'pg_catalog.pg_class'::pg_catalog.regclass, c.conrelid
    FROM pg_catalog.pg_constraint c JOIN @extschema@.extension_member m ON m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = c.confrelid
    WHERE c.contype = 'f' AND m.extname = 'retry_ledger'
)
SELECT h.what, h.root FROM (SELECT what, classid, objid, NULL::oid FROM by_hand
    UNION ALL SELECT what, classid, objid, root FROM @extschema@.left_of_types) h(what, classid, objid, root) WHERE NOT EXISTS (SELECT FROM @extschema@.extension_member m
  WHERE m.classid = h.classid AND m.objid = h.objid)
UNION ALL
SELECT pg_catalog.format('%s on %s', a.what, a.relation::pg_catalog.regclass), NULL FROM (
    SELECT pg_catalog.format('trigger %I', t.tgname), t.tgrelid FROM pg_catalog.pg_trigger t
      WHERE NOT t.tgisinternal AND NOT EXISTS (SELECT FROM @extschema@.extension_member f
        WHERE f.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND f.objid = t.tgfoid AND f.extname = 'retry_ledger')
    UNION ALL SELECT pg_catalog.format('rule %I', r.rulename), r.ev_class FROM pg_catalog.pg_rewrite r WHERE r.rulename <> '_RETURN'
    UNION ALL SELECT 'row level security', c.oid FROM pg_catalog.pg_class c WHERE c.relrowsecurity
  ) a(what, relation)
  JOIN @extschema@.extension_member m ON m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = a.relation AND m.extname = 'retry_ledger'
UNION ALL
SELECT pg_catalog.format('index %s', i.indexrelid::pg_catalog.regclass), NULL
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN @extschema@.extension_member m ON m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = i.indrelid AND m.extname = 'retry_ledger'
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  WHERE NOT pg_catalog.starts_with(c.relname, t.relname || '_')
    AND (i.indisunique OR i.indpred IS NOT NULL OR i.indexprs IS NOT NULL OR 16384 <= ANY (i.indclass::oid[]))
UNION ALL SELECT what, NULL FROM @extschema@.shared_file
UNION ALL SELECT pg_catalog.format('subscription %I, which writes %s', s.subname, r.srrelid::pg_catalog.regclass), NULL
  FROM pg_catalog.pg_subscription_rel r JOIN pg_catalog.pg_subscription s ON s.oid = r.srsubid WHERE r.srrelid < 16384;
REVOKE ALL ON @extschema@.left_before_lock FROM PUBLIC;
COMMENT ON VIEW @extschema@.left_before_lock IS
  'internal: what may stand in the way of honest answers since before tables were locked; read guard_status()';

-- What guarding a table takes, one row for each part that is missing or isn't as it should be.  Read from the
-- catalogs each time: nothing here trusts what was true at adoption.  Internal; guard_status() reads it.
CREATE VIEW @extschema@.guard_gap AS
WITH RECURSIVE
-- tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate.
-- Kind locked: on tables of each kind that are locked.
expected(kind, name, type, function, has_condition) AS (VALUES
  ('locked',      'retry_ledger_locked',   22, 'guard_locked',      false),
  ('runs',        'retry_ledger_birth',    7,  'guard_birth',       false),
  ('runs',        'retry_ledger_born',     5,  'guard_born',        false),
  ('runs',        'retry_ledger_change',   17, 'guard_change',      true),
  ('runs',        'retry_ledger_lineage',  17, 'guard_lineage',     false),
  ('runs',        'retry_ledger_delete',   11, 'guard_remove',      false),
  ('runs',        'retry_ledger_truncate', 34, 'guard_remove',      false),
  ('files',       'retry_ledger_birth',    7,  'guard_birth',       false),
  ('files',       'retry_ledger_born',     5,  'guard_born',        false),
  ('files',       'retry_ledger_change',   17, 'guard_change',      false),
  ('files',       'retry_ledger_settle',   20, 'guard_settle',      false),
  ('files',       'retry_ledger_delete',   11, 'guard_remove',      false),
  ('files',       'retry_ledger_truncate', 34, 'guard_remove',      false),
  ('append_only', 'retry_ledger_change',   17, 'guard_append_only', false),
  ('append_only', 'retry_ledger_delete',   11, 'guard_remove',      false),
  ('append_only', 'retry_ledger_truncate', 34, 'guard_remove',      false),
  ('write_once',  'retry_ledger_change',   17, 'guard_write_once',  false),
  ('write_once',  'retry_ledger_delete',   11, 'guard_remove',      false),
  ('write_once',  'retry_ledger_truncate', 34, 'guard_remove',      false)
),
our_function AS (
  SELECT p.oid, p.proname, p.prorettype FROM pg_catalog.pg_proc p
  JOIN @extschema@.extension_member m ON m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = p.oid
    AND m.extname = 'retry_ledger'
),
-- Each governed table and each partition of it.  A table that is gone stays as an OID.
relation AS (
  SELECT g.run_table::oid AS root, g.run_table::oid AS oid, g.kind, g.locked FROM @extschema@.governed_table g
  UNION ALL
  SELECT r.root, i.inhrelid, r.kind, r.locked FROM relation r
  JOIN pg_catalog.pg_inherits i ON i.inhparent = r.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
),
trigger_gap AS (
  SELECT r.oid, CASE
      WHEN t.oid IS NULL THEN 'trigger ' || x.name
      WHEN t.tgenabled <> 'A' THEN 'ENABLE ALWAYS of trigger ' || x.name
      ELSE 'definition of trigger ' || x.name END AS missing, x.kind = 'locked' AS of_lock
  FROM relation r JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN expected x ON x.kind = r.kind OR x.kind = 'locked' AND r.locked
  LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid AND t.tgname = x.name
  LEFT JOIN our_function f ON f.oid = t.tgfoid AND f.proname = x.function
  WHERE t.oid IS NULL OR t.tgenabled <> 'A' OR f.oid IS NULL OR t.tgtype <> x.type
    OR (t.tgattr::text <> '') <> (x.function = 'guard_lineage')
    OR x.function = 'guard_lineage' AND EXISTS (
      SELECT FROM @extschema@.governed_table g, pg_catalog.unnest(g.frozen_columns) f(name), pg_catalog.pg_attribute a
      WHERE g.run_table = r.root AND a.attrelid = r.oid AND a.attname = f.name AND a.attnum <> ALL (t.tgattr::int2[]))
    OR (t.tgqual IS NOT NULL) <> x.has_condition
),
mapped_column AS (
  SELECT DISTINCT g.run_table::oid AS root, m.name FROM @extschema@.governed_table g,
  LATERAL pg_catalog.unnest(
    ARRAY[g.key_column, g.status_column, g.tenant_column, g.parent_column, g.attempt_column, g.is_retry_column,
          g.error_column, g.reason_column, g.run_column, g.index_column]
    || g.input_columns || g.outcome_columns || g.frozen_columns || g.once_columns || g.now_columns) m(name)
  WHERE m.name IS NOT NULL
),
column_gap AS (
  SELECT m.root, pg_catalog.format('column %I', m.name) AS missing
  FROM mapped_column m JOIN pg_catalog.pg_class c ON c.oid = m.root
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = m.root AND a.attname = m.name AND a.attnum > 0 AND NOT a.attisdropped)
),
key_gap AS (
  SELECT g.run_table::oid AS root, pg_catalog.format('unique index on %I', g.key_column) AS missing
  FROM @extschema@.governed_table g
  JOIN pg_catalog.pg_attribute a ON a.attrelid = g.run_table AND a.attname = g.key_column
  WHERE g.kind IN ('runs', 'files') AND NOT g.own_key_rows AND NOT EXISTS (
    SELECT FROM @extschema@.unique_index i
    WHERE i.indrelid = g.run_table AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)
  UNION ALL
  SELECT g.run_table::oid, pg_catalog.format('unique index on (%I, %I)', g.run_column, g.index_column)
  FROM @extschema@.governed_table g
  JOIN pg_catalog.pg_attribute a ON a.attrelid = g.run_table AND a.attname = g.run_column
  JOIN pg_catalog.pg_attribute b ON b.attrelid = g.run_table AND b.attname = g.index_column
  WHERE g.kind = 'files' AND NOT EXISTS (
    SELECT FROM @extschema@.unique_index i
    WHERE i.indrelid = g.run_table AND i.indnkeyatts = 2
      AND ((i.indkey[0], i.indkey[1]) = (a.attnum, b.attnum) OR (i.indkey[1], i.indkey[0]) = (a.attnum, b.attnum)))
),
-- Each event trigger function of ours must be called by one that always fires, of all that it is to be told of.
event_trigger_gap AS (
  SELECT 'event trigger that calls ' || f.proname AS missing FROM our_function f
  WHERE f.prorettype = 'pg_catalog.event_trigger'::pg_catalog.regtype AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_event_trigger e WHERE e.evtfoid = f.oid AND e.evtenabled = 'A' AND CASE f.proname
      WHEN 'guard_rewrite' THEN e.evtevent = 'table_rewrite' AND e.evttags IS NULL
      ELSE e.evtevent = pg_catalog.replace(f.proname, 'guard_ddl', 'ddl_command')
           AND NOT EXISTS (SELECT FROM @extschema@.guarded_tag t WHERE t.tag <> ALL (e.evttags)) END)
),
-- All of it but these is in C.  What is replaced guards nothing; a condition that is strict isn't asked where a status is NULL.
function_gap AS (
  SELECT 'code of function ' || p.oid::pg_catalog.regprocedure AS missing FROM our_function f JOIN pg_catalog.pg_proc p USING (oid)
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE p.proname NOT IN ('relation_shape', 'table_shape', 'verify_credits', 'as_accepted', 'guarded_changes', 'missing_guards')
    AND (l.lanname <> 'c' OR p.probin !~ '(^|/)retry_ledger(\.so)?$' OR p.prosrc NOT IN (p.proname, p.proname || '_before')
         OR p.proconfig IS NOT NULL OR p.prosecdef OR p.proisstrict AND p.proname LIKE 'guard\_%')
),
-- What level locked takes beside its guard; a library that isn't preloaded is for guard_status() to see.
lock_gap(missing, root) AS (
  SELECT 'security label of the database', NULL::oid WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_shseclabel s JOIN pg_catalog.pg_database b ON b.oid = s.objoid
    WHERE s.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass AND s.provider = 'retry_ledger'
      AND b.datname = pg_catalog.current_database())
  UNION ALL SELECT 'end of the restore', NULL WHERE NOT EXISTS (SELECT FROM @extschema@.in_use)
  UNION ALL SELECT 'absence of extension pg_surgery', NULL FROM pg_catalog.pg_extension WHERE extname = 'pg_surgery'
  UNION ALL SELECT 'absence of function ' || p.oid::pg_catalog.regprocedure, NULL
    FROM pg_catalog.pg_proc p WHERE p.probin ~ '(^|/)(pg_surgery|adminpack)[^/]*$' AND NOT EXISTS (
      SELECT FROM @extschema@.extension_member m
      WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = p.oid AND m.extname = 'pg_surgery')
  UNION ALL SELECT 'absence of ' || what, root FROM @extschema@.left_before_lock
  UNION ALL SELECT pg_catalog.format('index of %s, the TOAST table of %s', c.reltoastrelid::pg_catalog.regclass, c.oid::pg_catalog.regclass), NULL
    FROM pg_catalog.pg_class c WHERE c.reltoastrelid <> 0
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.reltoastrelid)
      AND (EXISTS (SELECT FROM relation r WHERE r.oid = c.oid) OR EXISTS (
        SELECT FROM @extschema@.extension_member m
        WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = c.oid AND m.extname = 'retry_ledger'))
  -- Whoever may write to a parent writes to its children, and none but the parent is asked about.
  UNION ALL SELECT pg_catalog.format('absence of parent %s to %s', i.inhparent::pg_catalog.regclass, i.inhrelid::pg_catalog.regclass), NULL
    FROM pg_catalog.pg_inherits i WHERE i.inhrelid < 16384 OR EXISTS (
      SELECT FROM @extschema@.extension_member m
      WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = i.inhrelid AND m.extname = 'retry_ledger')
),
-- Guards that have lost their configuration: a table restored without it.  Its writes are refused.
unconfigured AS (
  SELECT DISTINCT t.tgrelid AS oid FROM pg_catalog.pg_trigger t JOIN our_function f ON f.oid = t.tgfoid
  WHERE f.proname LIKE 'guard\_%' AND t.tgparentid = 0
    AND NOT EXISTS (SELECT FROM relation r WHERE r.oid = t.tgrelid)
    AND NOT EXISTS (SELECT FROM @extschema@.extension_member m
                    WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = t.tgrelid)
),
gap AS (
  SELECT r.root, r.oid, r.kind, 'the table itself' AS missing, false AS of_lock FROM relation r
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = r.oid)
  UNION ALL SELECT r.root, r.oid, r.kind, t.missing, t.of_lock FROM relation r JOIN trigger_gap t USING (oid)
  UNION ALL SELECT r.root, r.oid, r.kind, m.missing, false FROM relation r JOIN column_gap m ON m.root = r.oid
  UNION ALL SELECT r.root, r.oid, r.kind, k.missing, false FROM relation r JOIN key_gap k ON k.root = r.oid
  UNION ALL SELECT r.root, r.oid, r.kind, 'the name ' || g.table_name || ' that history uses', false
    FROM relation r JOIN @extschema@.governed_table g ON g.run_table = r.oid
    JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE g.table_name <> pg_catalog.format('%I.%I', n.nspname, c.relname)
  UNION ALL SELECT r.root, r.oid, r.kind, e.missing, false FROM relation r, event_trigger_gap e
  UNION ALL SELECT r.root, r.oid, r.kind, f.missing, false FROM relation r, function_gap f
  UNION ALL SELECT r.root, r.oid, r.kind, l.missing, true FROM relation r JOIN lock_gap l ON l.root IS NULL OR l.root = r.root WHERE r.locked
  UNION ALL SELECT r.root, r.oid, r.kind, NULL, false FROM relation r  -- each relation has a row
  UNION ALL SELECT u.oid, u.oid, NULL, 'configuration', false FROM unconfigured u
)
SELECT p.root, p.oid AS relation, p.kind, p.missing COLLATE "C" AS missing, p.of_lock,
       coalesce(g.locked, false) AS locked,
       CASE WHEN c.oid IS NULL THEN coalesce(g.table_name, p.oid::text) ELSE pg_catalog.format('%I.%I', n.nspname, c.relname) END AS run_table,
       coalesce(g.table_name, pg_catalog.format('%I.%I', n.nspname, c.relname)) AS root_name
FROM gap p
LEFT JOIN pg_catalog.pg_class c ON c.oid = p.oid
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN @extschema@.governed_table g ON g.run_table = p.root;
REVOKE ALL ON @extschema@.guard_gap FROM PUBLIC;
COMMENT ON VIEW @extschema@.guard_gap IS 'internal: what is missing of the guards of governed tables; read guard_status()';

-- guard_status: which level holds for each governed table and each partition, and what is missing.
-- Result: one row for each, roots before their partitions:
--   run_table  schema-qualified name
--   kind       runs, files, append_only or write_once; NULL: guards without configuration (such a table refuses writes)
--   level      'locked' (every role, through SQL), 'guarded' (every client and every role but a superuser's
--              deliberate detour), or 'none' if guards are missing, or whoever writes rows can hide others by a column
--              of cubes or, where no lock is held, by an index or CHECK; doc/guarantees.md says what each claims
--   complete   nothing is missing
--   missing    what is, in words; empty if nothing.  Of a locked table also what its lock needs: it is then guarded.
--              And a view <table>_retry_history that is gone, or isn't as governing made it; govern_runs makes it again
-- Errors: none.  Who may call: everybody; it shows no run.
CREATE FUNCTION @extschema@.guard_status(
  OUT run_table text, OUT kind text, OUT level text, OUT complete boolean, OUT missing text[])
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'guard_status' LANGUAGE C STABLE ROWS 10;
COMMENT ON FUNCTION @extschema@.guard_status IS
  'which level of enforcement holds for each governed table and partition, and what is missing';

-- verify_installation: tries out a governed table and reports each step.
--   run_table  a governed table, or a partition of one: its root is tried
-- Result: one row for each check.  passed is NULL where a step couldn't be tried here; detail then starts with
-- 'skipped: ' and says why.  A check that fails says how; the call goes on.
-- For run tables: columns, guards, policy, a retry creates a new row, the original stays byte for byte, lineage,
-- ledger, UPDATE, DELETE and TRUNCATE refused, history readable.  For tables of files: columns, guards, a run made
-- for it ends with its last file, a retry takes up the failed one, UPDATE, DELETE and TRUNCATE refused, progress
-- readable.  For append-only and write-once tables: columns, guards, and the refusals that fit.
-- All of it happens in a subtransaction that is rolled back: it leaves nothing behind but gaps in sequences, and
-- its refusals are recorded nowhere.  TRUNCATE is tried only if its locks can be had at once.
-- Errors: INVALID_RUN_TABLE if the table isn't governed; a cancelled query stays cancelled.
-- Who may call: everybody. It acts as the table's owner if its caller may, otherwise as the caller: what that role
-- may not do is skipped.
CREATE FUNCTION @extschema@.verify_installation(
  run_table regclass, OUT step int, OUT "check" text, OUT passed boolean, OUT detail text)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'verify_installation' LANGUAGE C VOLATILE STRICT ROWS 11;
COMMENT ON FUNCTION @extschema@.verify_installation IS
  'tries out a governed table step by step, and leaves nothing behind';

// Goes the way that PostgreSQL will go, from the temporary schemas to what depends on them, at whatever depth
// and by whatever kind of object: a domain over an array of a temporary type, a function whose body calls a
// temporary one, an extension.  Whoever lists kinds overlooks one.
//
// What a row is, or who sees it, goes with columns, partition keys, policies and rules.  Constraints,
// indexes, defaults and triggers of the application may go: anybody may drop them.
#include "guard/passing.hpp"

namespace retry_ledger::guard {

namespace {

// Within a pg_call.
bool has_objects(Relation depends, Oid schema) {
    ScanKeyData keys[2];
    ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(NamespaceRelationId));
    ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(schema));
    SysScanDesc scan = systable_beginscan(depends, DependReferenceIndexId, true, nullptr, 2, keys);
    const bool found = HeapTupleIsValid(systable_getnext(scan));
    systable_endscan(scan);
    return found;
}

}  // namespace

bool has_temporary_objects() {
    return pg::pg_call([] {
        Relation schemas = table_open(NamespaceRelationId, AccessShareLock);
        Relation depends = table_open(DependRelationId, AccessShareLock);
        SysScanDesc scan = systable_beginscan(schemas, InvalidOid, false, nullptr, 0, nullptr);
        bool found = false;
        while (!found) {
            HeapTuple row = systable_getnext(scan);
            if (!HeapTupleIsValid(row)) break;
            const auto &schema = *reinterpret_cast<Form_pg_namespace>(GETSTRUCT(row));
            found = strncmp(NameStr(schema.nspname), "pg_temp_", 8) == 0 && has_objects(depends, schema.oid);
        }
        systable_endscan(scan);
        table_close(depends, AccessShareLock);
        table_close(schemas, AccessShareLock);
        return found;
    });
}

// `going`: what depends on something that goes, and what it is a part of: the type of a composite type's
// column, the view of a rule, the column of an expression that generates it.
std::string passing_parts(const std::string &tables) {
    return core::format(
        "WITH RECURSIVE tree(table_name, relation, partition) AS ("
        "  SELECT g.table_name, g.relation, '' COLLATE \"C\" FROM ({}) g(table_name, relation)"
        "  UNION ALL SELECT t.table_name, c.oid, format(' of partition %I.%I', n.nspname, c.relname)"
        "   FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation"
        "   JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition"
        "   JOIN pg_namespace n ON n.oid = c.relnamespace),"
        " going(classid, objid, number) AS ("
        "  SELECT d.classid, d.objid, d.objsubid FROM pg_namespace s JOIN pg_depend d"
        "   ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = s.oid"
        "   WHERE s.nspname LIKE 'pg\\_temp\\_%'"
        "  UNION SELECT n.* FROM going g CROSS JOIN LATERAL ("
        "    SELECT d.classid, d.objid, d.objsubid FROM pg_depend d"
        "     WHERE d.refclassid = g.classid AND d.refobjid = g.objid"
        "    UNION ALL SELECT d.refclassid, d.refobjid, d.refobjsubid FROM pg_depend d"
        "     WHERE d.classid = g.classid AND d.objid = g.objid AND d.deptype = 'i' OFFSET 0) n"
        "   WHERE g.classid <> 'pg_class'::regclass"
        "    OR NOT EXISTS (SELECT FROM tree t WHERE t.relation = g.objid))"
        " SELECT t.table_name, f.what || t.partition FROM ("
        "  SELECT g.objid, g.number, CASE g.number WHEN 0 THEN 'the partition key'"
        "    ELSE format('column %I', a.attname) END FROM going g"
        "   LEFT JOIN pg_attribute a ON a.attrelid = g.objid AND a.attnum = g.number"
        "   WHERE g.classid = 'pg_class'::regclass"
        "  UNION ALL SELECT p.polrelid, 0, format('policy %I', p.polname) FROM going g"
        "   JOIN pg_policy p ON g.classid = 'pg_policy'::regclass AND p.oid = g.objid"
        "  UNION ALL SELECT w.ev_class, 0, format('rule %I', w.rulename) FROM going g"
        "   JOIN pg_rewrite w ON g.classid = 'pg_rewrite'::regclass AND w.oid = g.objid"
        " ) f(relation, number, what) JOIN tree t ON t.relation = f.relation"
        " ORDER BY t.table_name, t.partition, f.number, f.what",
        tables);
}

std::string passing_part(Oid table) {
    if (!has_temporary_objects()) return "";
    const pg::Rows rows = pg::run_latest(passing_parts("SELECT ''::text, $1"), {pg::oid_param(table)});
    return rows.empty() ? "" : rows.string(0, 2);
}

}  // namespace retry_ledger::guard

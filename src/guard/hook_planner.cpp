// What the planner believes of a locked table without looking at its rows: that they pass its CHECKs, that a
// partial index has all that pass its predicate, that an index finds what equals.  A function that says
// something else later, or under other settings, or an operator class that lies, hides rows from every
// statement.  So what these are made of is built in, or an extension's in C, and stays as it is; and what the
// planner can compute of them is plain.  An index where it is more, it doesn't get to see (pg/lasting.hpp).
#include "guard/hook_access.hpp"
#include "pg/lasting.hpp"

extern "C" {
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_partitioned_table.h"
}

namespace retry_ledger::guard {

namespace {

constexpr Catalog operators = {OperatorRelationId, OperatorOidIndexId, Anum_pg_operator_oid};
constexpr Catalog constraints = {ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid};
constexpr Catalog indexes = {IndexRelationId, IndexRelidIndexId, Anum_pg_index_indexrelid};

enum class Side { refers_to, referred_to_by };

// The objects of a catalog that `object` refers to, or that refer to it, as the command has left them.
List *linked(const ObjectAddress &object, Side side, Oid catalog) {
    return pg::pg_call([&] {
        const bool back = side == Side::referred_to_by;
        Relation depend = table_open(DependRelationId, AccessShareLock);
        ScanKeyData keys[2];
        ScanKeyInit(&keys[0], back ? Anum_pg_depend_refclassid : Anum_pg_depend_classid,
                    BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object.classId));
        ScanKeyInit(&keys[1], back ? Anum_pg_depend_refobjid : Anum_pg_depend_objid, BTEqualStrategyNumber,
                    F_OIDEQ, ObjectIdGetDatum(object.objectId));
        SysScanDesc scan = systable_beginscan(depend, back ? DependReferenceIndexId : DependDependerIndexId,
                                              true, SnapshotSelf, 2, keys);
        List *found = NIL;
        while (HeapTuple tuple = systable_getnext(scan)) {
            auto *form = reinterpret_cast<Form_pg_depend>(GETSTRUCT(tuple));
            if ((back ? form->classid : form->refclassid) == catalog)
                found = lappend_oid(found, back ? form->objid : form->refobjid);
        }
        systable_endscan(scan);
        table_close(depend, AccessShareLock);
        return found;
    });
}

// The constraints or indexes of a relation.
List *parts_in(Oid catalog, Oid index, AttrNumber column, AttrNumber oid_column, Oid relation) {
    return pg::pg_call([&] {
        Relation parts = table_open(catalog, AccessShareLock);
        ScanKeyData key;
        ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
        SysScanDesc scan = systable_beginscan(parts, index, true, SnapshotSelf, 1, &key);
        List *found = NIL;
        while (HeapTuple tuple = systable_getnext(scan)) {
            bool null;
            const Datum oid = heap_getattr(tuple, oid_column, RelationGetDescr(parts), &null);
            found = lappend_oid(found, DatumGetObjectId(oid));
        }
        systable_endscan(scan);
        table_close(parts, AccessShareLock);
        return found;
    });
}

bool is_check(Oid constraint) {
    return pg::pg_call([&] {
        HeapTuple tuple = version(constraints, constraint, SnapshotSelf);
        return tuple != nullptr &&
               reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple))->contype == CONSTRAINT_CHECK;
    });
}

// ---- what the planner computes

enum class Changes { no, by_settings, by_name };

Changes changes_of(Node *expression) {
    if (pg::depends_on_settings(expression)) return Changes::by_settings;
    return pg::names_changeable(expression) ? Changes::by_name : Changes::no;
}

// A CHECK that a partition has from its parent is as old as that one's.
Changes changes_of_check(Oid check) {
    return pg::pg_call([&] {
        HeapTuple tuple = version(constraints, check, SnapshotSelf);
        const auto *form = reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple));
        if (form->coninhcount > 0) return Changes::no;
        Relation catalog = table_open(ConstraintRelationId, AccessShareLock);
        bool null;
        const Datum stored = heap_getattr(tuple, Anum_pg_constraint_conbin, RelationGetDescr(catalog), &null);
        table_close(catalog, AccessShareLock);
        if (null) return Changes::no;
        Relation table = table_open(form->conrelid, NoLock);
        Node *expression = pg::compat::with_generated_columns(
            static_cast<Node *>(stringToNode(TextDatumGetCString(stored))), table);
        table_close(table, NoLock);
        return changes_of(expression);
    });
}

Changes changes_of_key(Oid partitioned) {
    return pg::pg_call([&] {
        HeapTuple tuple = SearchSysCache1(PARTRELID, ObjectIdGetDatum(partitioned));
        if (!HeapTupleIsValid(tuple)) return Changes::no;
        bool null;
        const Datum stored = SysCacheGetAttr(PARTRELID, tuple, Anum_pg_partitioned_table_partexprs, &null);
        const Changes found =
            null ? Changes::no : changes_of(static_cast<Node *>(stringToNode(TextDatumGetCString(stored))));
        ReleaseSysCache(tuple);
        return found;
    });
}

// ---- operator classes

// That of the column's own type, of an extension; other kinds of types have one that is built in.
bool is_own_default(const FormData_pg_opclass &opclass, Oid column_type) {
    if (!opclass.opcdefault || get_typtype(opclass.opcintype) != TYPTYPE_BASE) return false;
    return !OidIsValid(column_type) || getBaseType(column_type) == opclass.opcintype;
}

// Whether all that a catalog lists of an operator family, in a column of its rows, passes.
template <class Passes>
bool all_of_family(Oid family, Oid catalog, Oid index, AttrNumber family_column, AttrNumber column,
                   Passes passes) {
    Relation entries = table_open(catalog, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, family_column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(family));
    SysScanDesc scan = systable_beginscan(entries, index, true, SnapshotSelf, 1, &key);
    bool all = true;
    while (HeapTuple tuple = systable_getnext(scan)) {
        bool null;
        all &= passes(DatumGetObjectId(heap_getattr(tuple, column, RelationGetDescr(entries), &null)));
    }
    systable_endscan(scan);
    table_close(entries, AccessShareLock);
    return all;
}

bool is_lasting_family(Oid family) {
    return all_of_family(family, AccessMethodProcedureRelationId, AccessMethodProcedureIndexId,
                         Anum_pg_amproc_amprocfamily, Anum_pg_amproc_amproc, pg::is_lasting_function) &&
           all_of_family(family, AccessMethodOperatorRelationId, AccessMethodStrategyIndexId,
                         Anum_pg_amop_amopfamily, Anum_pg_amop_amopopr,
                         [](Oid op) { return pg::is_lasting_function(get_opcode(op)); });
}

// B-tree, say, under another name.
bool is_alias(Oid method) {
    HeapTuple tuple = SearchSysCache1(AMOID, ObjectIdGetDatum(method));
    if (!HeapTupleIsValid(tuple)) return true;
    const Oid handler = reinterpret_cast<Form_pg_am>(GETSTRUCT(tuple))->amhandler;
    ReleaseSysCache(tuple);
    return method >= FirstNormalObjectId && handler < FirstNormalObjectId;
}

// One that isn't built in is sound if it is an extension's code in C and isn't just put together by somebody;
// for access methods that order or hash what a type is, only the type's own is.
bool is_sound(Oid opclass, Oid column_type) {
    if (opclass < FirstNormalObjectId) return true;
    HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
    if (!HeapTupleIsValid(tuple)) return false;
    const FormData_pg_opclass form = *reinterpret_cast<Form_pg_opclass>(GETSTRUCT(tuple));
    ReleaseSysCache(tuple);
    for (const Oid method : {BTREE_AM_OID, HASH_AM_OID, BRIN_AM_OID})
        if (form.opcmethod == method && !is_own_default(form, column_type)) return false;
    return !is_alias(form.opcmethod) && is_lasting_family(form.opcfamily) && pg::is_known_class(opclass);
}

// The first operator class of somebody's own; InvalidOid: none.  Within a pg_call.
Oid foreign_opclass(Oid relation, const oidvector &classes, const int16 *columns) {
    for (int i = 0; i < classes.dim1; i++) {
        const Oid type = columns[i] > 0 ? get_atttype(relation, columns[i]) : InvalidOid;
        if (!is_sound(classes.values[i], type)) return classes.values[i];
    }
    return InvalidOid;
}

struct IndexParts {
    Oid table, opclass;
    bool partial;
};

IndexParts parts_of(Oid index) {
    return pg::pg_call([&] {
        IndexParts found = {InvalidOid, InvalidOid, false};
        HeapTuple tuple = version(indexes, index, SnapshotSelf);
        if (tuple == nullptr) return found;
        Relation catalog = table_open(IndexRelationId, AccessShareLock);
        const auto &form = *reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
        bool null;
        const Datum classes = heap_getattr(tuple, Anum_pg_index_indclass, RelationGetDescr(catalog), &null);
        found.table = form.indrelid;
        found.opclass = foreign_opclass(
            form.indrelid, *reinterpret_cast<oidvector *>(DatumGetPointer(classes)), form.indkey.values);
        found.partial = !heap_attisnull(tuple, Anum_pg_index_indpred, RelationGetDescr(catalog));
        table_close(catalog, AccessShareLock);
        return found;
    });
}

Oid partitioning_opclass(Oid relation) {
    return pg::pg_call([&] {
        HeapTuple tuple = SearchSysCache1(PARTRELID, ObjectIdGetDatum(relation));
        if (!HeapTupleIsValid(tuple)) return InvalidOid;
        const auto &form = *reinterpret_cast<Form_pg_partitioned_table>(GETSTRUCT(tuple));
        bool null;
        const Datum classes = SysCacheGetAttr(PARTRELID, tuple, Anum_pg_partitioned_table_partclass, &null);
        const Oid found = foreign_opclass(relation, *reinterpret_cast<oidvector *>(DatumGetPointer(classes)),
                                          form.partattrs.values);
        ReleaseSysCache(tuple);
        return found;
    });
}

// ---- functions

// The table whose CHECK, partial index or partition key the object is; InvalidOid: it is none.
Oid believed_of(const ObjectAddress &object) {
    if (object.classId == ConstraintRelationId)
        return is_check(object.objectId)
                   ? reference(constraints, object.objectId, Anum_pg_constraint_conrelid)
                   : InvalidOid;
    const IndexParts index = parts_of(object.objectId);
    return !OidIsValid(index.table) ? object.objectId : index.partial ? index.table : InvalidOid;
}

// What is made of a function: of any locked table, or of certain ones, without the object in question.
struct Users {
    const LockedDatabase &database;
    Oid root = InvalidOid, table = InvalidOid, except = InvalidOid;

    bool count(const ObjectAddress &object) const {
        const Oid of = object.objectId == except ? InvalidOid : believed_of(object);
        if (!OidIsValid(of)) return false;
        return OidIsValid(root) ? of == root || of == table : OidIsValid(locked_root(database, of));
    }
    bool refer_to(const ObjectAddress &object) const {
        ListCell *cell;
        for (const Oid catalog : {ConstraintRelationId, RelationRelationId})
            foreach (cell, linked(object, Side::referred_to_by, catalog))
                if (count({catalog, lfirst_oid(cell), 0})) return true;
        return false;
    }
    bool use(Oid function) const {  // also by an operator
        const ObjectAddress object = {ProcedureRelationId, function, 0};
        if (refer_to(object)) return true;
        ListCell *cell;
        foreach (cell, linked(object, Side::referred_to_by, OperatorRelationId))
            if (refer_to({OperatorRelationId, lfirst_oid(cell), 0})) return true;
        return false;
    }
};

bool is_believable(const Users &others, Oid function) {
    return pg::pg_call([&] { return pg::is_lasting_function(function); }) || others.use(function);
}

// A function that the object is made of, and that could say something else tomorrow; InvalidOid: none.
Oid unbelievable_function(const Users &others, const ObjectAddress &object) {
    ListCell *cell;
    foreach (cell, linked(object, Side::refers_to, ProcedureRelationId))
        if (!is_believable(others, lfirst_oid(cell))) return lfirst_oid(cell);
    foreach (cell, linked(object, Side::refers_to, OperatorRelationId)) {
        const Oid function = reference(operators, lfirst_oid(cell), Anum_pg_operator_oprcode);
        if (!is_believable(others, function)) return function;
    }
    return InvalidOid;
}

// ---- refusals

[[noreturn]] void refuse_belief(const ObjectAddress &object, const ObjectAddress &made_of, Oid root) {
    refuse_locked(core::format("{} of a locked table can't be made of {}: the planner believes it",
                               describe(object), describe(made_of)),
                  root,
                  "Use what is built into PostgreSQL there, or an extension's functions in C; a trigger may "
                  "check what a "
                  "CHECK can't.");
}

void check_changes(Changes changes, const ObjectAddress &object, Oid root) {
    if (changes == Changes::no) return;
    if (changes == Changes::by_name)
        refuse_locked(
            core::format("{} of a locked table can't name what can be altered, such as a text search "
                         "configuration: the planner believes it",
                         describe(object)),
            root, "Compare with a column that has what comes out, filled by a trigger.");
    refuse_locked(
        core::format("{} of a locked table can't go by settings: the planner believes it", describe(object)),
        root,
        "What it computes from constants alone may be operators and casts of numbers, texts, booleans and "
        "times; write down what comes out of the rest. Text of floating-point numbers, of bytea, intervals, "
        "geometric types and those of extensions goes by settings, and so do time zones by name, but for "
        "those with a slash, UTC and GMT (from PostgreSQL 18 on these too: AT TIME ZONE takes an interval).");
}

// `others`: what the table is made of already, before the lock.  A new partition has it from its root, and
// REINDEX CONCURRENTLY makes such an index anew.
void check_functions(const Users &others, const ObjectAddress &object) {
    const Oid function = unbelievable_function(others, object);
    if (OidIsValid(function)) refuse_belief(object, {ProcedureRelationId, function, 0}, others.root);
}

void check_constraint(const Users &others, Oid constraint) {
    const ObjectAddress object = {ConstraintRelationId, constraint, 0};
    check_functions(others, object);
    check_changes(changes_of_check(constraint), object, others.root);
}

void check_index(const Users &others, const IndexParts &parts, Oid index) {
    const ObjectAddress object = {RelationRelationId, index, 0};
    if (OidIsValid(parts.opclass))
        refuse_belief(object, {OperatorClassRelationId, parts.opclass, 0}, others.root);
    if (parts.partial) check_functions(others, object);
}

}  // namespace

void check_belief(const LockedDatabase &database, const Access &access) {
    if (access.type != OAT_POST_CREATE) return;
    const Oid oid = access.object.objectId;
    const bool constraint = access.object.classId == ConstraintRelationId;
    const IndexParts index = constraint ? IndexParts{} : parts_of(oid);
    const Oid table = constraint ? reference(constraints, oid, Anum_pg_constraint_conrelid) : index.table;
    const Oid root = OidIsValid(table) ? locked_root(database, table) : InvalidOid;
    if (!OidIsValid(root)) return;
    const Users others = {database, root, table, oid};
    if (!constraint)
        check_index(others, index, oid);
    else if (is_check(oid))
        check_constraint(others, oid);
}

void check_partition_belief(Oid partition) {
    const LockedDatabase *database = locked_database();
    const Oid root = database != nullptr ? locked_root(*database, partition) : InvalidOid;
    if (!OidIsValid(root)) return;
    const ObjectAddress table = {RelationRelationId, partition, 0};
    const Oid opclass = partitioning_opclass(partition);
    if (OidIsValid(opclass)) refuse_belief(table, {OperatorClassRelationId, opclass, 0}, root);
    const Users others = {*database, root};
    check_functions(others, table);
    check_changes(changes_of_key(partition), table, root);
    ListCell *cell;
    foreach (cell, parts_in(ConstraintRelationId, ConstraintRelidTypidNameIndexId,
                            Anum_pg_constraint_conrelid, Anum_pg_constraint_oid, partition))
        if (is_check(lfirst_oid(cell))) check_constraint(others, lfirst_oid(cell));
    foreach (cell, parts_in(IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid,
                            Anum_pg_index_indexrelid, partition))
        check_index(others, parts_of(lfirst_oid(cell)), lfirst_oid(cell));
}

bool is_believed(const LockedDatabase &database, Oid function) {
    return Users{database}.use(function);
}

}  // namespace retry_ledger::guard

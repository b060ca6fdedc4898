// What can be attached to our own tables, or to catalogs, without altering them, and would take part in our
// statements: indexes, extended statistics, foreign keys that refer to them.  Code of somebody else's would
// run in these, an index by another order, or of some rows only, would find other rows, a unique one would
// let nothing more in, and a foreign key would keep us from deleting.
//
// Which indexes must stay: ours, which are called <table>_..., and those of TOAST tables, without which long
// values can't be read.
#include "guard/hook_access.hpp"
#include "pg/text.hpp"

#include <cctype>

extern "C" {
#include "catalog/pg_statistic_ext.h"
}

namespace retry_ledger::guard {

namespace {

constexpr Catalog functions = {ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid},
                  indexes = {IndexRelationId, IndexRelidIndexId, Anum_pg_index_indexrelid},
                  constraints = {ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid},
                  statistics = {StatisticExtRelationId, StatisticExtOidIndexId, Anum_pg_statistic_ext_oid};

// Of the kinds of objects that expressions and keys are made of.
bool is_code(Oid catalog) {
    switch (catalog) {
        case ProcedureRelationId:
        case OperatorRelationId:
        case OperatorClassRelationId:
        case OperatorFamilyRelationId:
        case TypeRelationId:
        case CollationRelationId:
            return true;
        default:
            return false;
    }
}

// What is built in has no entry among the dependencies; our own indexes use functions of ours.
bool has_foreign_parts(const LockedDatabase &database, Oid index) {
    return pg::pg_call([&] {
        Relation depend = table_open(DependRelationId, AccessShareLock);
        ScanKeyData keys[2];
        ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
                    ObjectIdGetDatum(RelationRelationId));
        ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(index));
        SysScanDesc scan = systable_beginscan(depend, DependDependerIndexId, true, SnapshotSelf, 2, keys);
        bool found = false;
        while (HeapTuple tuple = systable_getnext(scan)) {
            const auto *on = reinterpret_cast<Form_pg_depend>(GETSTRUCT(tuple));
            found |= is_code(on->refclassid) &&
                     getExtensionOfObject(on->refclassid, on->refobjid) != database.extension;
        }
        systable_endscan(scan);
        table_close(depend, AccessShareLock);
        return found;
    });
}

// ---- indexes of our own tables

struct IndexRow {
    HeapTuple tuple;
    TupleDesc descriptor;

    const FormData_pg_index &form() const { return *reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple)); }
    bool has(AttrNumber column) const { return !heap_attisnull(tuple, column, descriptor); }
    Datum value(AttrNumber column) const {
        bool null;
        const Datum found = heap_getattr(tuple, column, descriptor, &null);
        return null ? Datum(0) : found;
    }
    // PostgreSQL forgets where in the command's text an expression stood when it copies one.
    Node *expression(AttrNumber column) const {
        return has(column) ? static_cast<Node *>(stringToNode(TextDatumGetCString(value(column)))) : nullptr;
    }
};

// What follows runs within a pg_call.

bool restricts(const IndexRow &index) {
    return index.form().indisunique || index.has(Anum_pg_index_indexprs) || index.has(Anum_pg_index_indpred);
}

bool is_same_index(const IndexRow &a, const IndexRow &b) {
    if (a.form().indisunique != b.form().indisunique || a.form().indnkeyatts != b.form().indnkeyatts ||
        a.value(Anum_pg_index_indnullsnotdistinct) != b.value(Anum_pg_index_indnullsnotdistinct))
        return false;
    for (const AttrNumber column :
         {Anum_pg_index_indkey, Anum_pg_index_indclass, Anum_pg_index_indcollation, Anum_pg_index_indoption})
        if (!datum_image_eq(a.value(column), b.value(column), false, -1)) return false;
    return equal(a.expression(Anum_pg_index_indexprs), b.expression(Anum_pg_index_indexprs)) &&
           equal(a.expression(Anum_pg_index_indpred), b.expression(Anum_pg_index_indpred));
}

// As REINDEX CONCURRENTLY makes it.
bool has_another_such(Relation catalog, const IndexRow &index) {
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(index.form().indrelid));
    SysScanDesc scan = systable_beginscan(catalog, IndexIndrelidIndexId, true, SnapshotSelf, 1, &key);
    bool found = false;
    while (HeapTuple tuple = systable_getnext(scan)) {
        const IndexRow other = {tuple, index.descriptor};
        found |= other.form().indexrelid != index.form().indexrelid && is_same_index(other, index);
    }
    systable_endscan(scan);
    return found;
}

bool may_come_to_own(const LockedDatabase &database, Oid oid) {
    const bool free = pg::pg_call([&] {
        Relation catalog = table_open(IndexRelationId, AccessShareLock);
        const IndexRow index = {version(indexes, oid, SnapshotSelf), RelationGetDescr(catalog)};
        const bool passes = !restricts(index) || has_another_such(catalog, index);
        table_close(catalog, AccessShareLock);
        return passes;
    });
    return free && !has_foreign_parts(database, oid);
}

// Ours are called after their tables, and not as PostgreSQL calls what nobody has named.
bool is_called_as_ours(std::string_view index, const std::string &table) {
    if (index.substr(0, table.size() + 1) != table + "_") return false;
    while (isdigit(static_cast<unsigned char>(index.back()))) index.remove_suffix(1);
    return index.size() < 4 || index.substr(index.size() - 4) != "_idx";
}

// The table that a TOAST table belongs to.
Oid toasted_table(Oid toast) {
    Relation depend = table_open(DependRelationId, AccessShareLock);
    ScanKeyData keys[2];
    ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(RelationRelationId));
    ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(toast));
    SysScanDesc scan = systable_beginscan(depend, DependDependerIndexId, true, nullptr, 2, keys);
    Oid found = InvalidOid;
    while (HeapTuple tuple = systable_getnext(scan)) {
        const auto *on = reinterpret_cast<Form_pg_depend>(GETSTRUCT(tuple));
        if (on->refclassid == RelationRelationId && on->deptype == DEPENDENCY_INTERNAL) found = on->refobjid;
    }
    systable_endscan(scan);
    table_close(depend, AccessShareLock);
    return found;
}

// One that isn't is what a REINDEX CONCURRENTLY has left that failed.
bool is_valid_index(Oid index) {
    HeapTuple tuple = version(indexes, index, SnapshotSelf);
    return tuple == nullptr || reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple))->indisvalid;
}

// ---- what comes

bool is_catalog(Oid table) {
    return OidIsValid(table) && pg::pg_call([&] { return get_rel_namespace(table); }) == PG_CATALOG_NAMESPACE;
}

bool is_from_our_library(Oid function) {
    const char *library = pg::pg_call([&] { return library_of(version(functions, function, SnapshotSelf)); });
    return library != nullptr &&
           (strcmp(library, "retry_ledger") == 0 || strcmp(library, "retry_ledger" DLSUFFIX) == 0);
}

[[noreturn]] void refuse_attached(Oid table, const char *what) {
    refuse_locked(core::format("{} {}: locked tables rely on it", pg::qualified_name(table), what),
                  InvalidOid);
}

}  // namespace

void check_attached(const LockedDatabase &database, const Access &access) {
    if (access.type != OAT_POST_CREATE) return;
    const Oid object = access.object.objectId;
    if (access.object.classId == RelationRelationId) {
        const Oid table = reference(indexes, object, Anum_pg_index_indrelid);
        if (database.own.contains(table) && !may_come_to_own(database, object))
            refuse_attached(table,
                            "gets no index that is unique, partial, on an expression, or of other operators "
                            "than are built in");
        if (is_catalog(table)) refuse_attached(table, "is a system catalog and gets no further index");
    } else if (access.object.classId == ConstraintRelationId) {
        const Oid table = reference(constraints, object, Anum_pg_constraint_confrelid);
        if (database.own.contains(table)) refuse_attached(table, "can't be referenced by foreign keys");
    } else if (access.object.classId == StatisticExtRelationId) {
        const Oid table = reference(statistics, object, Anum_pg_statistic_ext_stxrelid);
        if (database.own.contains(table)) refuse_attached(table, "gets no extended statistics");
    } else if (access.object.classId == ProcedureRelationId && is_from_our_library(object)) {
        refuse_locked("functions of the library retry_ledger are declared by its extension only", InvalidOid);
    }
}

bool is_kept_index(const LockedDatabase &database, Oid index) {
    const Oid table = pg::pg_call([&] { return IndexGetRelation(index, true); });
    if (!OidIsValid(table)) return false;
    if (IsCatalogRelationOid(table)) return true;
    if (!pg::pg_call([&] { return is_valid_index(index); })) return false;
    if (database.own.contains(table)) {
        const char *name = pg::pg_call([&] { return get_rel_name(index); });
        const char *of = pg::pg_call([&] { return get_rel_name(table); });
        return name == nullptr || of == nullptr || is_called_as_ours(name, of);
    }
    const Oid toasted = pg::pg_call(
        [&] { return get_rel_namespace(table) == PG_TOAST_NAMESPACE ? toasted_table(table) : InvalidOid; });
    return OidIsValid(toasted) &&
           (database.own.contains(toasted) || OidIsValid(locked_root(database, toasted)));
}

}  // namespace retry_ledger::guard

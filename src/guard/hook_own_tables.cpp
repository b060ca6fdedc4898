// What can be attached to our own tables, or to catalogs, without altering them, and would take part in our
// statements: indexes, extended statistics, foreign keys that refer to them.  Code of somebody else's would
// run in these, an index by another order would find other rows, and a foreign key would keep us from
// deleting.
#include "guard/hook_access.hpp"
#include "pg/text.hpp"

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
        if (database.own.contains(table) && has_foreign_parts(database, object))
            refuse_attached(table, "gets no index of other functions and operators than are built in");
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

}  // namespace retry_ledger::guard

#include "guard/copying.hpp"

#include "core/format.hpp"
#include "pg/error.hpp"
#include "pg/text.hpp"

namespace retry_ledger::guard {

namespace {

// PostgreSQL calls the copy after the table; its schema can be changed by then, its name can't
// (ddl_start.cpp).
bool has_copy(Oid table) {
    NameData name;
    snprintf(NameStr(name), NAMEDATALEN, "pg_temp_%u", table);
    Relation relations = table_open(RelationRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_class_relname, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&name));
    SysScanDesc scan = systable_beginscan(relations, ClassNameNspIndexId, true, nullptr, 1, &key);
    bool found = false;
    while (HeapTuple tuple = systable_getnext(scan))
        found |= reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relrewrite == table;
    systable_endscan(scan);
    table_close(relations, AccessShareLock);
    return found;
}

}  // namespace

// With another lock it isn't being copied, which is cheap to see.
void refuse_while_copied(Relation table) {
    const bool copied = pg::pg_call([&] {
        return CheckRelationLockedByMe(table, AccessExclusiveLock, false) &&
               has_copy(RelationGetRelid(table));
    });
    if (!copied) return;
    throw pg::Error{
        ERRCODE_OBJECT_IN_USE,
        core::format("cannot write to {} while this session is copying it",
                     pg::qualified_name(RelationGetRelid(table))),
        "What is written now would be lost.",
        "CLUSTER and VACUUM FULL call functions of the table's indexes: let these write nothing."};
}

Oid copied_table(Oid copy) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(copy));
    if (!HeapTupleIsValid(tuple)) return InvalidOid;
    const Oid table = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relrewrite;
    ReleaseSysCache(tuple);
    return table;
}

}  // namespace retry_ledger::guard

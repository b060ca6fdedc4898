// Read straight from the catalogs and our configuration, without SQL: hooks run in the middle of commands,
// and in transactions whose own snapshot must not be taken early by us.
//
// A table counts as locked once it has its guard retry_ledger_locked.  A restore brings the configuration
// long before the guards, and must be able to go on in between.
#include "guard/locked_database.hpp"

#include <algorithm>

namespace retry_ledger::guard {

namespace {

struct State {
    bool known;
    MemoryContext context;
    LockedDatabase found;
    Oids candidates;  // said to be locked by the configuration, with or without the guard
};
State state = {};

// Both flip a flag only.
void relation_changed(Datum, Oid relation) {
    if (!OidIsValid(relation) || relation == state.found.configuration || state.candidates.contains(relation))
        state.known = false;
}

// Whatever the extension is made of comes with functions: that is how its creation is noticed.
void function_changed(Datum, int, uint32) {
    state.known = false;
}

// Within a pg_call, as all that follows.
void add(Oids &oids, Oid oid, int expected) {
    if (oids.items == nullptr)
        oids.items = static_cast<Oid *>(MemoryContextAlloc(state.context, sizeof(Oid) * expected));
    else if (oids.count % expected == 0)
        oids.items = static_cast<Oid *>(
            repalloc(oids.items, sizeof(Oid) * (oids.count + static_cast<size_t>(expected))));
    oids.items[oids.count++] = oid;
}

void sort(Oids &oids) {
    std::sort(oids.items, oids.items + oids.count);
}

void find_own_tables() {
    Relation depend = table_open(DependRelationId, AccessShareLock);
    ScanKeyData keys[2];
    ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(ExtensionRelationId));
    ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(state.found.extension));
    SysScanDesc scan = systable_beginscan(depend, DependReferenceIndexId, true, nullptr, 2, keys);
    while (HeapTuple tuple = systable_getnext(scan)) {
        auto *form = reinterpret_cast<Form_pg_depend>(GETSTRUCT(tuple));
        if (form->classid != RelationRelationId || form->deptype != DEPENDENCY_EXTENSION ||
            get_rel_relkind(form->objid) != RELKIND_RELATION)
            continue;
        add(state.found.own, form->objid, 32);
        if (strcmp(get_rel_name(form->objid), "governed_table") == 0) state.found.configuration = form->objid;
    }
    systable_endscan(scan);
    table_close(depend, AccessShareLock);
    sort(state.found.own);
}

void find_locked_tables() {
    const AttrNumber table = get_attnum(state.found.configuration, "run_table"),
                     locked = get_attnum(state.found.configuration, "locked");
    if (table == InvalidAttrNumber || locked == InvalidAttrNumber) return;
    Relation configuration = table_open(state.found.configuration, AccessShareLock);
    SysScanDesc scan = systable_beginscan(configuration, InvalidOid, false, nullptr, 0, nullptr);
    while (HeapTuple tuple = systable_getnext(scan)) {
        bool null;
        if (!DatumGetBool(heap_getattr(tuple, locked, RelationGetDescr(configuration), &null))) continue;
        const Oid root = DatumGetObjectId(heap_getattr(tuple, table, RelationGetDescr(configuration), &null));
        add(state.candidates, root, 16);
        if (OidIsValid(get_trigger_oid(root, "retry_ledger_locked", true))) add(state.found.roots, root, 16);
    }
    systable_endscan(scan);
    table_close(configuration, AccessShareLock);
    sort(state.candidates);
    sort(state.found.roots);
}

void load() {
    if (state.context == nullptr)
        state.context =
            AllocSetContextCreate(TopMemoryContext, "retry_ledger locked tables", ALLOCSET_SMALL_SIZES);
    state.found = {};
    state.candidates = {};
    MemoryContextReset(state.context);
    state.known = true;  // unless something changes meanwhile
    state.found.extension = get_extension_oid("retry_ledger", true);
    if (!OidIsValid(state.found.extension)) return;
    find_own_tables();
    if (!OidIsValid(state.found.configuration)) return;
    state.found.schema = get_rel_namespace(state.found.configuration);
    find_locked_tables();
}

}  // namespace

bool Oids::contains(Oid oid) const {
    return std::binary_search(items, items + count, oid);
}

const LockedDatabase *locked_database() {
    if (!state.known) {
        try {
            pg::pg_call([] { load(); });
        } catch (...) {
            state.known = false;
            throw;
        }
    }
    return state.found.roots.count > 0 ? &state.found : nullptr;
}

Oid locked_root(const LockedDatabase &database, Oid relation) {
    return pg::pg_call([&] {
        if (database.roots.contains(relation)) return relation;
        if (!get_rel_relispartition(relation)) return InvalidOid;
        List *ancestors = get_partition_ancestors(relation);
        const Oid root = ancestors == NIL ? InvalidOid : llast_oid(ancestors);
        return database.roots.contains(root) ? root : InvalidOid;
    });
}

bool belongs_to_us(const LockedDatabase &database, const ObjectAddress &object) {
    if (object.classId == ExtensionRelationId) return object.objectId == database.extension;
    if (object.classId == NamespaceRelationId) return object.objectId == database.schema;
    return pg::pg_call(
        [&] { return getExtensionOfObject(object.classId, object.objectId) == database.extension; });
}

void lock_changed(const pg::Home &home) {
    const Oid configuration = pg::own_relation(home, "governed_table");
    pg::pg_call([&] { CacheInvalidateRelcacheByRelid(configuration); });
}

void watch_locked_database() {
    CacheRegisterRelcacheCallback(relation_changed, Datum(0));
    CacheRegisterSyscacheCallback(PROCOID, function_changed, Datum(0));
}

}  // namespace retry_ledger::guard

// Read straight from the catalogs and our configuration, without SQL: hooks run in the middle of commands,
// and in transactions whose own snapshot must not be taken early by us.
//
// A table counts as locked once it has its guard retry_ledger_locked.  A restore brings the configuration
// long before the guards, and must be able to go on in between.  With several jobs it brings the guards
// before rows of our own tables, and nothing in a database tells which rows are still to come.  So what is
// only restored takes more of them until somebody locks or uses it: our table in_use isn't in dumps.
#include "guard/locked_database.hpp"

#include "guard/lock.hpp"
#include "guard/type_parts.hpp"

#include <algorithm>

extern "C" {
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_range.h"
#include "utils/catcache.h"
}

namespace retry_ledger::guard {

namespace {

struct State {
    bool known;
    MemoryContext context;
    LockedDatabase found;
    Oids candidates;  // said to be locked by the configuration, with or without the guard
    Oid uses;         // our table in_use
};
State state = {};

// Both flip a flag only.
void relation_changed(Datum, Oid relation) {
    if (!OidIsValid(relation) || relation == state.found.configuration || state.candidates.contains(relation))
        state.known = false;
}

// Whatever the extension is made of comes with functions: that is how its creation is noticed.
void catalog_changed(Datum, int, uint32) {
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
        const char *name = get_rel_name(form->objid);
        if (strcmp(name, "governed_table") == 0) state.found.configuration = form->objid;
        if (strcmp(name, "in_use") == 0) state.uses = form->objid;
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

bool has_rows(Oid own_table, Snapshot snapshot) {
    Relation relation = table_open(own_table, AccessShareLock);
    SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, snapshot, 0, nullptr);
    const bool found = HeapTupleIsValid(systable_getnext(scan));
    systable_endscan(scan);
    table_close(relation, AccessShareLock);
    return found;
}

bool has(const Oids &oids, Oid oid) {
    return std::find(oids.items, oids.items + oids.count, oid) != oids.items + oids.count;
}

void use_function(Oid function) {
    if (function >= FirstNormalObjectId) add(state.found.functions, function, 16);
}

void use_family(Oid opclass) {
    if (opclass < FirstNormalObjectId) return;
    const Datum family = ObjectIdGetDatum(get_opclass_family(opclass));
    CatCList *functions = SearchSysCacheList1(AMPROCNUM, family);
    for (int i = 0; i < functions->n_members; i++)
        use_function(reinterpret_cast<Form_pg_amproc>(GETSTRUCT(&functions->members[i]->tuple))->amproc);
    ReleaseSysCacheList(functions);
    CatCList *operators = SearchSysCacheList1(AMOPSTRATEGY, family);
    for (int i = 0; i < operators->n_members; i++)
        use_function(
            get_opcode(reinterpret_cast<Form_pg_amop>(GETSTRUCT(&operators->members[i]->tuple))->amopopr));
    ReleaseSysCacheList(operators);
}

// A range is compared by the operator class that it was made with.
void use_range(Oid type) {
    HeapTuple tuple = SearchSysCache1(RANGETYPE, ObjectIdGetDatum(type));
    if (!HeapTupleIsValid(tuple)) return;
    const auto &form = *reinterpret_cast<Form_pg_range>(GETSTRUCT(tuple));
    const Oid opclass = form.rngsubopc, canonical = form.rngcanonical, difference = form.rngsubdiff;
    ReleaseSysCache(tuple);
    use_family(opclass);
    use_function(canonical);
    use_function(difference);
}

void note_types(List *types) {
    ListCell *cell;
    foreach (cell, types)
        if (!has(state.found.types, lfirst_oid(cell))) add(state.found.types, lfirst_oid(cell), 16);
}

// A domain is compared as what it is made of.
void use_type(Oid type) {
    HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
    if (!HeapTupleIsValid(tuple)) return;
    const FormData_pg_type &form = *reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
    const Oid functions[] = {form.typinput, form.typoutput, form.typreceive, form.typsend};
    const char kind = form.typtype;
    ReleaseSysCache(tuple);
    for (const Oid function : functions) use_function(function);
    if (kind == TYPTYPE_DOMAIN) return;
    if (kind == TYPTYPE_RANGE) use_range(type);
    for (const Oid method : {BTREE_AM_OID, HASH_AM_OID}) use_family(GetDefaultOpClass(type, method));
}

// What a type is made of is noted behind it, and looked at in its turn.
void use_columns() {
    for (int i = 0; i < state.found.roots.count; i++)
        note_types(types_of_columns(state.found.roots.items[i]));
    for (int i = 0; i < state.found.types.count; i++) {
        use_type(state.found.types.items[i]);
        note_types(parts_of_type(state.found.types.items[i]));
    }
}

void find_extensions() {
    for (int i = 0; i < state.found.types.count; i++) {
        const Oid extension = getExtensionOfObject(TypeRelationId, state.found.types.items[i]);
        if (OidIsValid(extension) && !has(state.found.extensions, extension))
            add(state.found.extensions, extension, 8);
    }
    sort(state.found.extensions);
}

void find_reliance() {
    use_columns();
    find_extensions();
    sort(state.found.types);
    sort(state.found.functions);
    state.found.event_triggers = true;
    for (const char *name : {"retry_ledger_ddl_start", "retry_ledger_ddl_end", "retry_ledger_rewrite"}) {
        HeapTuple tuple = SearchSysCache1(EVENTTRIGGERNAME, CStringGetDatum(name));
        state.found.event_triggers &=
            HeapTupleIsValid(tuple) &&
            reinterpret_cast<Form_pg_event_trigger>(GETSTRUCT(tuple))->evtenabled == TRIGGER_FIRES_ALWAYS;
        if (HeapTupleIsValid(tuple)) ReleaseSysCache(tuple);
    }
}

// Also of a partition whose detaching has begun and has not ended: get_partition_ancestors leaves it out.
Oid parent_of(Oid partition) {
    Relation inherits = table_open(InheritsRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(partition));
    SysScanDesc scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, nullptr, 1, &key);
    HeapTuple tuple = systable_getnext(scan);
    const Oid parent = HeapTupleIsValid(tuple)
                           ? reinterpret_cast<Form_pg_inherits>(GETSTRUCT(tuple))->inhparent
                           : InvalidOid;
    systable_endscan(scan);
    table_close(inherits, AccessShareLock);
    return parent;
}

void load() {
    if (state.context == nullptr)
        state.context =
            AllocSetContextCreate(TopMemoryContext, "retry_ledger locked tables", ALLOCSET_SMALL_SIZES);
    state.found = {};
    state.candidates = {};
    state.uses = InvalidOid;
    MemoryContextReset(state.context);
    state.known = true;  // unless something changes meanwhile
    state.found.extension = get_extension_oid("retry_ledger", true);
    if (!OidIsValid(state.found.extension)) return;
    find_own_tables();
    if (!OidIsValid(state.found.configuration)) return;
    state.found.schema = get_rel_namespace(state.found.configuration);
    find_locked_tables();
    find_reliance();
    state.found.restoring = OidIsValid(state.uses) && !has_rows(state.uses, nullptr);
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
        while (OidIsValid(relation) && !database.roots.contains(relation))
            relation = get_rel_relispartition(relation) ? parent_of(relation) : InvalidOid;
        return relation;
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

// Once for a command that makes many entries: it sees its own row.
void end_restore(const pg::Home &home) {
    const Oid uses = pg::own_relation(home, "in_use");
    if (pg::pg_call([&] { return has_rows(uses, SnapshotSelf); })) return;
    const Datum since = TimestampTzGetDatum(GetCurrentTimestamp());
    const bool null = false;
    pg::insert_row(uses, &since, &null);
    lock_changed(home);
}

void note_use(const pg::Home &home) {
    if (!is_preloaded()) return;  // nothing would tell of changes
    const LockedDatabase *database = locked_database();
    if (database != nullptr && database->restoring) end_restore(home);
}

void watch_locked_database() {
    CacheRegisterRelcacheCallback(relation_changed, Datum(0));
    CacheRegisterSyscacheCallback(PROCOID, catalog_changed, Datum(0));
    CacheRegisterSyscacheCallback(EVENTTRIGGEROID, catalog_changed, Datum(0));
}

}  // namespace retry_ledger::guard

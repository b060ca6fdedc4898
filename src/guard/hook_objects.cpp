// object_access_hook: the broad net.  PostgreSQL calls it wherever an object is created, altered or dropped,
// by OID, whichever command or function does it.
//
// What is altered is compared with what it was: a catalog scan still finds the old version, SnapshotSelf the
// new one.  So VACUUM FULL, CLUSTER, REINDEX and harmless kinds of ALTER TABLE pass, which alter the same
// objects. Whether a table may lose a constraint or gain a policy is for the event triggers to say.
#include "core/json.hpp"
#include "guard/ddl_command.hpp"
#include "guard/ddl_refusal.hpp"
#include "guard/hook_access.hpp"
#include "guard/label.hpp"
#include "pg/text.hpp"

#include <algorithm>

namespace retry_ledger::guard {

namespace {

object_access_hook_type next_hook = nullptr;

[[noreturn]] void refuse_table(const Access &access, Oid root) {
    const std::string name = describe(access.object);
    const bool part = OidIsValid(root) && access.object.objectId != root;
    const bool partition = part && access.object.objectSubId == 0 &&
                           pg::pg_call([&] { return get_rel_relispartition(access.object.objectId); });
    refuse_locked(OidIsValid(root) && !part
                      ? core::format("cannot {} locked {}", access.verb(), name)
                      : core::format("cannot {} {}{}", access.verb(), name,
                                     part ? " of a locked table" : ", which locked tables rely on"),
                  root, partition ? partition_hint(pg::qualified_name(root)) : "");
}

// ---- relations and their columns

bool same_relation(const FormData_pg_class &a, const FormData_pg_class &b, bool own) {
    return strcmp(NameStr(a.relname), NameStr(b.relname)) == 0 && a.relnamespace == b.relnamespace &&
           a.relkind == b.relkind && a.relpersistence == b.relpersistence &&
           (!own || (a.relowner == b.relowner && a.relrowsecurity == b.relrowsecurity));
}

// Scan keys are rewritten by the scan that they are given to.  Within a pg_call.
HeapTuple column_version(Relation attributes, Oid relation, AttrNumber number, Snapshot snapshot) {
    ScanKeyData keys[2];
    ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(relation));
    ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTEqualStrategyNumber, F_INT2EQ, Int16GetDatum(number));
    SysScanDesc scan = systable_beginscan(attributes, AttributeRelidNumIndexId, true, snapshot, 2, keys);
    HeapTuple found = systable_getnext(scan);
    HeapTuple copy = HeapTupleIsValid(found) ? heap_copytuple(found) : nullptr;
    systable_endscan(scan);
    return copy;
}

bool column_kept(Oid relation, AttrNumber number) {
    return pg::pg_call([&] {
        Relation attributes = table_open(AttributeRelationId, AccessShareLock);
        HeapTuple old_row = column_version(attributes, relation, number, nullptr),
                  new_row = column_version(attributes, relation, number, SnapshotSelf);
        table_close(attributes, AccessShareLock);
        if (old_row == nullptr || new_row == nullptr) return old_row == nullptr;
        auto *before = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(old_row));
        auto *after = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(new_row));
        return strcmp(NameStr(before->attname), NameStr(after->attname)) == 0 &&
               before->atttypid == after->atttypid && before->attisdropped == after->attisdropped;
    });
}

bool is_child(Oid relation, Oid parent) {
    return pg::pg_call([&] {
        Relation inherits = table_open(InheritsRelationId, AccessShareLock);
        ScanKeyData key;
        ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
                    ObjectIdGetDatum(relation));
        SysScanDesc scan =
            systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, SnapshotSelf, 1, &key);
        bool found = false;
        while (HeapTuple tuple = systable_getnext(scan))
            found |= reinterpret_cast<Form_pg_inherits>(GETSTRUCT(tuple))->inhparent == parent;
        systable_endscan(scan);
        table_close(inherits, AccessShareLock);
        return found;
    });
}

// Whether an event trigger of ours will look at what comes.  Commands can run others that tell none.
bool will_be_judged() {
    return innermost_command() != nullptr && innermost_command()->reaches;
}

// A partition may come, and the event triggers look at it; it may not go, and children may not come at all.
void check_inheritance(const LockedDatabase &database, const Access &access) {
    const Oid child = access.object.objectId, parent = access.other;
    for (const Oid relation : {parent, child})
        if (database.own.contains(relation) || IsCatalogRelationOid(relation))
            refuse_locked(core::format("{} takes part in no inheritance: locked tables rely on it",
                                       pg::qualified_name(relation)),
                          InvalidOid);
    Oid root = locked_root(database, parent);
    if (!OidIsValid(root)) root = database.roots.contains(child) ? child : InvalidOid;
    if (!OidIsValid(root)) return;
    const bool partitions = pg::pg_call([&] { return get_rel_relkind(parent) == RELKIND_PARTITIONED_TABLE; });
    const bool is_there = is_child(child, parent);
    if (partitions && is_there && !will_be_judged())
        refuse_locked(core::format("{} can't become a partition of {} where no event trigger looks at it",
                                   pg::qualified_name(child), pg::qualified_name(parent)),
                      root);
    if (is_there == partitions) return;
    refuse_locked(core::format(partitions ? "{} can't be detached from {}" : "{} can't inherit from {}",
                               pg::qualified_name(child), pg::qualified_name(parent)),
                  root);
}

// The locked table whose history the relation shows, as the view <table>_retry_history.
Oid history_root(const LockedDatabase &database, Oid relation) {
    return pg::pg_call([&] {
        if (get_rel_relkind(relation) != RELKIND_VIEW) return InvalidOid;
        const char *name = get_rel_name(relation);
        for (int i = 0; i < database.roots.count; i++) {
            const Oid root = database.roots.items[i];
            const char *table = get_rel_name(root);
            if (table != nullptr && get_rel_namespace(root) == get_rel_namespace(relation) &&
                strcmp(makeObjectName(table, nullptr, "retry_history"), name) == 0)
                return root;
        }
        return InvalidOid;
    });
}

bool relation_kept(const Access &access, bool own) {
    if (access.object.objectSubId > 0)
        return column_kept(access.object.objectId, static_cast<AttrNumber>(access.object.objectSubId));
    const auto v = versions<FormData_pg_class>({RelationRelationId, ClassOidIndexId, Anum_pg_class_oid},
                                               access.object.objectId);
    return !v.before || !v.after || same_relation(*v.before, *v.after, own);
}

// Files that ALTER TABLE exchanges, other than by SET TABLESPACE alone, have rows written anew; VACUUM FULL
// and CLUSTER only move them.  An event trigger refuses it first, where nobody has switched it off meanwhile.
bool is_rewritten(const Access &access) {
    if (!runs_alteration().beyond_storage) return false;
    const auto v = versions<FormData_pg_class>({RelationRelationId, ClassOidIndexId, Anum_pg_class_oid},
                                               access.object.objectId);
    return v.before && v.after && v.before->relfilenode != v.after->relfilenode;
}

// We find our indexes by their names.
bool loses_index(const LockedDatabase &database, const Access &access) {
    if (access.type == OAT_POST_CREATE || access.internal) return false;
    return is_kept_index(database, access.object.objectId) &&
           (access.type == OAT_DROP || !relation_kept(access, false));
}

// Neither a catalog, nor one of our tables, nor part of a locked one.
void check_other_relation(const LockedDatabase &database, const Access &access) {
    const Oid relation = access.object.objectId;
    if (loses_index(database, access) || comes_to_pg_catalog(access) ||
        (access.type != OAT_POST_CREATE && belongs_to_us(database, access.object)))
        refuse_table(access, InvalidOid);
    if (access.type == OAT_POST_CREATE) return;
    const Oid viewed = history_root(database, relation);
    if (OidIsValid(viewed) && (access.type == OAT_DROP || !relation_kept(access, false)))
        refuse_table(access, viewed);
}

void check_relation(const LockedDatabase &database, const Access &access) {
    const Oid relation = access.object.objectId;
    const bool own = database.own.contains(relation) || IsCatalogRelationOid(relation);
    const Oid root = own ? InvalidOid : locked_root(database, relation);
    if (!own && !OidIsValid(root)) return check_other_relation(database, access);
    if (access.type == OAT_DROP) refuse_table(access, root);
    check_alteration(database, relation, runs_alteration());
    if (access.type == OAT_POST_CREATE) {
        if (own) refuse_table(access, root);
        return;
    }
    if (!relation_kept(access, own) || is_rewritten(access)) refuse_table(access, root);
}

// ---- triggers

// A key that refers to one of our tables from elsewhere, and was there before the lock, may go.
bool goes_with_foreign_key(const LockedDatabase &database, const Access &access,
                           const FormData_pg_trigger &trigger) {
    return access.type == OAT_DROP && trigger.tgisinternal && OidIsValid(trigger.tgconstrrelid) &&
           !database.own.contains(trigger.tgconstrrelid);
}

// Guards of a locked table can be made, and be set to fire always, as a restore does; nothing else.
void check_trigger(const LockedDatabase &database, const Access &access) {
    const auto v = versions<FormData_pg_trigger>({TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid},
                                                 access.object.objectId);
    const FormData_pg_trigger *trigger = v.before ? v.before : v.after;
    if (trigger == nullptr) return;
    const Oid relation = trigger->tgrelid;
    if (database.own.contains(relation) || IsCatalogRelationOid(relation)) {
        if (!access.internal && !goes_with_foreign_key(database, access, *trigger))
            refuse(access, InvalidOid);
        return;
    }
    const Oid root = locked_root(database, relation);
    if (!OidIsValid(root) || v.before == nullptr) return;
    ObjectAddress function = {ProcedureRelationId, v.before->tgfoid, 0};
    if (!belongs_to_us(database, function)) return;
    const bool kept =
        access.type != OAT_DROP && v.after != nullptr &&
        (v.after->tgenabled == TRIGGER_FIRES_ALWAYS || v.after->tgenabled == v.before->tgenabled) &&
        same_but_for(TriggerRelationId, v.before_tuple, v.after_tuple, {Anum_pg_trigger_tgenabled});
    if (kept) return;
    const bool partition = access.type == OAT_DROP && relation != root;
    refuse(access, root, partition ? partition_hint(pg::qualified_name(root)) : "");
}

// ---- what else belongs to a relation

struct PartOf {
    Catalog catalog;
    AttrNumber relation;
};
constexpr PartOf parts[] = {
    {{RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid}, Anum_pg_rewrite_ev_class},
    {{ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid}, Anum_pg_constraint_conrelid},
    {{AttrDefaultRelationId, AttrDefaultOidIndexId, Anum_pg_attrdef_oid}, Anum_pg_attrdef_adrelid},
    {{PolicyRelationId, PolicyOidIndexId, Anum_pg_policy_oid}, Anum_pg_policy_polrelid},
};

void check_part(const LockedDatabase &database, const Access &access, const PartOf &part) {
    const Oid relation = reference(part.catalog, access.object.objectId, part.relation);
    if (!OidIsValid(relation)) return;
    const Oid viewed = history_root(database, relation);
    if (OidIsValid(viewed)) refuse(access, viewed);
    const ObjectAddress table = {RelationRelationId, relation, 0};
    if (relation < FirstNormalObjectId || belongs_to_us(database, table)) refuse(access, InvalidOid);
}

void check_access(const LockedDatabase &database, const Access &access) {
    check_attached(database, access);
    if (access.object.classId == RelationRelationId || access.object.classId == ConstraintRelationId)
        check_belief(database, access);
    if (access.object.classId == RelationRelationId) return check_relation(database, access);
    if (access.object.classId == InheritsRelationId) return check_inheritance(database, access);
    if (access.object.classId == TriggerRelationId) return check_trigger(database, access);
    for (const PartOf &part : parts)
        if (access.object.classId == part.catalog.relation) return check_part(database, access, part);
    check_renamed_schema(database, access);
    check_reliance(database, access);
}

// ---- where nothing is locked

}  // namespace

Oid owning_table(const ObjectAddress &object) {
    constexpr Catalog triggers = {TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid};
    if (object.classId == TriggerRelationId)
        return reference(triggers, object.objectId, Anum_pg_trigger_tgrelid);
    for (const PartOf &part : parts)
        if (object.classId == part.catalog.relation)
            return reference(part.catalog, object.objectId, part.relation);
    return InvalidOid;
}

namespace {

// PostgreSQL takes InvalidOid for one.
bool is_catalog(Oid relation) {
    return OidIsValid(relation) && IsCatalogRelationOid(relation);
}

// Asked of each object that comes, so what costs a look into a catalog comes last.
bool is_done_to_catalog(const Access &access) {
    constexpr Catalog indexes = {IndexRelationId, IndexRelidIndexId, Anum_pg_index_indexrelid};
    const Oid object = access.object.objectId;
    if (access.object.classId == InheritsRelationId) return is_catalog(object) || is_catalog(access.other);
    if (access.object.classId != RelationRelationId) return is_catalog(owning_table(access.object));
    return is_catalog(object) ||
           (access.type == OAT_POST_CREATE && is_catalog(reference(indexes, object, Anum_pg_index_indrelid)));
}

// By a database's own catalogs its sessions read the label that another one has, and may write it.
void check_elsewhere(const Access &access) {
    const bool beneath = comes_unasked(access);
    if ((!beneath && !is_done_to_catalog(access)) || !any_database_is_labelled()) return;
    if (beneath) refuse(access, InvalidOid);
    check_access({}, access);
}

void check_truncate(const LockedDatabase &database, Oid relation) {
    if (database.own.contains(relation) || IsCatalogRelationOid(relation)) refuse_by_hand(relation);
    if (!OidIsValid(locked_root(database, relation))) return;
    const std::string name = pg::qualified_name(relation);
    pg::Error error{pg::ERRCODE_GOVERNANCE_VIOLATION,
                    core::format("TRUNCATE_VIOLATION: cannot truncate {}", name),
                    core::to_json({{"run_table", name}}),
                    "Rows of a governed table are kept; release_governance is the recorded way out."};
    error.constraint = "retry_ledger_no_truncate";
    error.about.run_table = name;
    throw error;
}

// The name that a database had, if that is what an ALTER DATABASE has changed.
const char *renamed_from(Oid database) {
    const auto v = versions<FormData_pg_database>(
        {DatabaseRelationId, DatabaseOidIndexId, Anum_pg_database_oid}, database);
    const bool renamed =
        v.before && v.after && strcmp(NameStr(v.before->datname), NameStr(v.after->datname)) != 0;
    return renamed ? NameStr(v.before->datname) : nullptr;
}

// From any database.  Under another name it would be there, and another one be found in its place.
void check_database(ObjectAccessType type, Oid database) {
    if ((type != OAT_DROP && type != OAT_POST_ALTER) || !is_labelled(database)) return;
    const char *name = type == OAT_DROP ? nullptr : renamed_from(database);
    if (type != OAT_DROP && name == nullptr) return;
    refuse_locked(name == nullptr ? core::format("cannot drop {}, which has locked tables",
                                                 describe({DatabaseRelationId, database, 0}))
                                  : core::format("cannot rename database {}, which has locked tables", name),
                  InvalidOid,
                  "Release them in that database first: guard_status() lists them, release_governance and "
                  "approve_release are the recorded way out.");
}

Access access_of(ObjectAccessType type, Oid catalog, Oid oid, int sub, const void *argument) {
    Access access = {type, {catalog, oid, sub}, InvalidOid, false};
    if (argument == nullptr) return access;
    if (type == OAT_POST_CREATE) {
        access.internal = static_cast<const ObjectAccessPostCreate *>(argument)->is_internal;
    } else if (type == OAT_POST_ALTER) {
        access.other = static_cast<const ObjectAccessPostAlter *>(argument)->auxiliary_id;
        access.internal = static_cast<const ObjectAccessPostAlter *>(argument)->is_internal;
    } else if (type == OAT_DROP) {
        access.internal =
            (static_cast<const ObjectAccessDrop *>(argument)->dropflags & PERFORM_DELETION_INTERNAL) != 0;
    }
    return access;
}

void object_hook(ObjectAccessType type, Oid catalog, Oid oid, int sub, void *argument) {
    if (next_hook) next_hook(type, catalog, oid, sub, argument);
    if (type == OAT_NAMESPACE_SEARCH) return;
    pg::entry([&] {
        if (type == OAT_FUNCTION_EXECUTE) {
            check_execution(oid);
            return true;
        }
        if (hooks_stand_aside() || runs_our_command()) return true;
        check_exchanged_files();
        if (catalog == DatabaseRelationId) check_database(type, oid);
        const Access access = access_of(type, catalog, oid, sub, argument);
        wait_for_columns(access);
        const LockedDatabase *database = locked_database();
        if (type == OAT_TRUNCATE) {
            if (database != nullptr)
                check_truncate(*database, oid);
            else if (IsCatalogRelationOid(oid) && any_database_is_labelled())
                refuse_by_hand(oid);
            return true;
        }
        if (database != nullptr)
            check_access(*database, access);
        else
            check_elsewhere(access);
        return true;
    });
}

}  // namespace

HeapTuple version(const Catalog &catalog, Oid oid, Snapshot snapshot) {
    Relation relation = table_open(catalog.relation, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, catalog.oid_column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
    SysScanDesc scan = systable_beginscan(relation, catalog.index, true, snapshot, 1, &key);
    HeapTuple found = systable_getnext(scan);
    HeapTuple copy = HeapTupleIsValid(found) ? heap_copytuple(found) : nullptr;
    systable_endscan(scan);
    table_close(relation, AccessShareLock);
    return copy;
}

bool same_but_for(Oid catalog, HeapTuple a, HeapTuple b, std::initializer_list<AttrNumber> columns) {
    return pg::pg_call([&] {
        Relation relation = table_open(catalog, AccessShareLock);
        TupleDesc descriptor = RelationGetDescr(relation);
        bool same = true;
        for (AttrNumber i = 1; i <= descriptor->natts && same; i++) {
            if (std::find(columns.begin(), columns.end(), i) != columns.end()) continue;
            bool null_a, null_b;
            Datum x = heap_getattr(a, i, descriptor, &null_a), y = heap_getattr(b, i, descriptor, &null_b);
            const Form_pg_attribute column = TupleDescAttr(descriptor, i - 1);
            same = null_a == null_b && (null_a || datum_image_eq(x, y, column->attbyval, column->attlen));
        }
        table_close(relation, AccessShareLock);
        return same;
    });
}

Oid reference(const Catalog &catalog, Oid oid, AttrNumber column) {
    return pg::pg_call([&] {
        HeapTuple tuple = version(catalog, oid, SnapshotSelf);
        if (tuple == nullptr) return InvalidOid;
        Relation relation = table_open(catalog.relation, AccessShareLock);
        bool null;
        const Oid found = DatumGetObjectId(heap_getattr(tuple, column, RelationGetDescr(relation), &null));
        table_close(relation, AccessShareLock);
        return found;
    });
}

void refuse(const Access &access, Oid root, const std::string &hint) {
    refuse_locked(core::format("cannot {} {}{}", access.verb(), describe(access.object),
                               OidIsValid(root) ? " of a locked table" : ", which locked tables rely on"),
                  root, hint);
}

void install_object_hook() {
    next_hook = std::exchange(object_access_hook, object_hook);
}

}  // namespace retry_ledger::guard

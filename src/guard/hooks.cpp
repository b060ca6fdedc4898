#include "guard/hooks.hpp"

#include "guard/ddl_refusal.hpp"
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"
#include "guard/label.hpp"
#include "guard/lock.hpp"
#include "guard/subscriptions.hpp"
#include "pg/composite_check.hpp"
#include "pg/fuzzy_search.hpp"
#include "pg/planner_indexes.hpp"

namespace retry_ledger::guard {

namespace {

// PostgreSQL knows it from the start; a session's memory may be written to.
bool upgrading = false;

constexpr const char *way_out =
    "It stays as long as a table of this database is locked; guard_status() lists them, release_governance "
    "and "
    "approve_release are the recorded way out.";

constexpr const char *kept_elsewhere =
    "Another database of this server has locked tables, whose label stands in a catalog that all databases "
    "share. Use ALTER DATABASE, ALTER ROLE and their kin, which say what they change.";

const char *why_kept() {
    return locked_database() != nullptr ? way_out : kept_elsewhere;
}

// Before anything of a session has asked for it, the catalogs are read; where nothing is locked, a flag is.
bool locks_any() {
    return !hooks_stand_aside() && locked_database() != nullptr;
}

bool is_locked_or_own(Oid relation) {
    if (hooks_stand_aside()) return false;
    const LockedDatabase *database = locked_database();
    return database != nullptr &&
           (database->own.contains(relation) || OidIsValid(locked_root(*database, relation)));
}

const char *describe_new_cast(const ObjectAddress &cast) {
    const Catalog casts = {CastRelationId, CastOidIndexId, Anum_pg_cast_oid};
    const HeapTuple tuple = version(casts, cast.objectId, SnapshotSelf);
    if (tuple == nullptr) return "a cast";
    const auto *form = reinterpret_cast<Form_pg_cast>(GETSTRUCT(tuple));
    return psprintf("cast from %s to %s", format_type_be(form->castsource), format_type_be(form->casttarget));
}

const char *name_of_new(const ObjectAddress &object) {
    const AttrNumber column = get_object_attnum_name(object.classId);
    if (column == InvalidAttrNumber) return nullptr;
    const HeapTuple tuple =
        version({object.classId, get_object_oid_index(object.classId), get_object_attnum_oid(object.classId)},
                object.objectId, SnapshotSelf);
    if (tuple == nullptr) return nullptr;
    Relation catalog = table_open(object.classId, AccessShareLock);
    bool null;
    const Datum name = heap_getattr(tuple, column, RelationGetDescr(catalog), &null);
    const char *text = null ? nullptr : pstrdup(NameStr(*DatumGetName(name)));
    table_close(catalog, AccessShareLock);
    return text;
}

const char *kind_of_new(const ObjectAddress &object) {
    const Catalog indexes = {IndexRelationId, IndexRelidIndexId, Anum_pg_index_indexrelid};
    if (object.classId == RelationRelationId && version(indexes, object.objectId, SnapshotSelf) != nullptr)
        return "index";
    return get_object_class_descr(object.classId);
}

// Made by the command that is running, so no cache knows it yet.  Within a pg_call.
const char *describe_new(const ObjectAddress &object) {
    if (object.classId == CastRelationId) return describe_new_cast(object);
    if (is_objectclass_supported(object.classId))
        if (const char *name = name_of_new(object))
            return psprintf("%s %s", kind_of_new(object), quote_identifier(name));
    const char *catalog = get_rel_name(object.classId);
    return psprintf("a row of %s", catalog != nullptr ? catalog : "a catalog");
}

}  // namespace

void install_hooks() {
    note_preload();
    if (!is_preloaded()) return;
    upgrading = IsBinaryUpgrade;
    watch_locked_database();
    install_utility_hook();
    install_object_hook();
    install_catalog_hook();
    register_label();
    watch_exchanged_files();
    watch_readers();
    watch_subscriptions();
    pg::doubt({locks_any, is_locked_or_own});
    pg::hold_fuzzy_search(locks_any);
    pg::hold_composite_check();
}

bool hooks_stand_aside() {
    if (upgrading || !IsTransactionState() || !OidIsValid(MyDatabaseId)) return true;
    return says_extension_script() &&
           CurrentExtensionObject == pg::pg_call([] { return get_extension_oid("retry_ledger", true); });
}

void refuse_locked(const std::string &message, Oid root, std::string hint) {
    DdlRefusal refusal;
    refusal.message = message;
    refusal.hint = std::move(hint);
    if (OidIsValid(root)) {
        refusal.table = pg::qualified_name(root);
        refusal.schema = pg::pg_call([&] { return get_namespace_name(get_rel_namespace(root)); });
        refusal.relation = pg::pg_call([&] { return get_rel_name(root); });
        if (refusal.hint.empty()) refusal.hint = release_hint(refusal.table);
    }
    if (refusal.hint.empty()) refusal.hint = why_kept();
    throw to_error(refusal);
}

// Catalogs are kept in every database of a server that has a locked table in one.
void refuse_by_hand(Oid relation) {
    const char *hint =
        creating_extension
            ? "The script of this extension writes it. Create or update the extension before a "
              "table is locked, or on the server started without the library."
            : why_kept();
    refuse_locked(
        core::format("{} can't be written by hand: locked tables rely on it", pg::qualified_name(relation)),
        relation, hint);
}

void refuse_within_copying() {
    refuse_locked(
        "a function that CLUSTER calls can't write: what it writes would be lost, or get around guards",
        InvalidOid,
        "CLUSTER calls functions of the table's indexes: let these write nothing. A table of this "
        "database is locked.");
}

std::string describe(const ObjectAddress &object) {
    return pg::pg_call([&] {
        const char *text = getObjectDescription(&object, true);
        return text != nullptr ? text : describe_new(object);
    });
}

}  // namespace retry_ledger::guard

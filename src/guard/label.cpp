#include "guard/label.hpp"

#include "guard/hooks.hpp"
#include "pg/lock.hpp"

namespace retry_ledger::guard {

namespace {

constexpr const char *provider = "retry_ledger", *locked = "locked";

ObjectAddress address_of(Oid database) {
    return {DatabaseRelationId, database, 0};
}

// Whether `database`, or any, has a label of ours.  By the table itself: which index finds what is for the
// catalogs of the session's own database to say.  Within a pg_call.
bool is_in_heap(Oid database) {
    Relation labels = table_open(SharedSecLabelRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(labels, InvalidOid, false, nullptr, 0, nullptr);
    bool found = false;
    while (HeapTuple tuple = systable_getnext(scan)) {
        bool null;
        const Datum name = heap_getattr(tuple, Anum_pg_shseclabel_provider, RelationGetDescr(labels), &null);
        const Oid object = reinterpret_cast<Form_pg_shseclabel>(GETSTRUCT(tuple))->objoid;
        found |=
            strcmp(TextDatumGetCString(name), provider) == 0 && (!OidIsValid(database) || object == database);
    }
    systable_endscan(scan);
    table_close(labels, AccessShareLock);
    return found;
}

// Whoever puts the label there or takes it away holds the lock alone, until the end of the transaction; two
// that label at once would meet in the catalog's unique index.  Whoever relies on it shares the lock: it
// stays until they have committed what they lock, and nobody waits for them but who would take it away.
constexpr const char *label_lock = "security label";

void set_label(const char *label) {
    const ObjectAddress object = address_of(MyDatabaseId);
    pg::pg_call([&] { SetSecurityLabel(&object, provider, label); });
}

// Sees what is locked by those who have relied on the label so far.
void wait_for_lockers() {
    const Oid schema = pg::extension_schema();
    if (!OidIsValid(schema)) return;
    pg::lock_name({schema, InvalidOid}, label_lock);
}

// SECURITY LABEL by hand, as a restore with --create does: it may add the label, and take away one that has
// nothing to protect.  What a label forbids it forbids on the whole server: so it takes a superuser, not just
// whoever owns the database.
void check_relabel(const ObjectAddress *object, const char *label) {
    pg::entry([&] {
        if (object->classId != DatabaseRelationId || (label != nullptr && strcmp(label, locked) != 0))
            throw pg::Error{ERRCODE_INVALID_NAME, "retry_ledger labels databases only, as \"locked\""};
        if (label != nullptr && !superuser())
            throw pg::Error{ERRCODE_INSUFFICIENT_PRIVILEGE,
                            "must be superuser to label a database as \"locked\"", "",
                            "Governing a table of the database labels it."};
        const bool here = object->objectId == MyDatabaseId;
        if (here) wait_for_lockers();
        if (label == nullptr && is_labelled(object->objectId) && (!here || locked_database() != nullptr))
            refuse_locked(core::format("{} keeps its label", describe(*object)), InvalidOid,
                          "It goes when the last locked table of the database is released.");
        return true;
    });
}

}  // namespace

void register_label() {
    register_label_provider(provider, check_relabel);
}

bool is_labelled(Oid database) {
    const ObjectAddress object = address_of(database);
    return pg::pg_call(
        [&] { return GetSecurityLabel(&object, provider) != nullptr || is_in_heap(database); });
}

bool any_database_is_labelled() {
    return pg::pg_call([] { return is_in_heap(InvalidOid); });
}

bool server_has_locks() {
    return locked_database() != nullptr || any_database_is_labelled();
}

void label_database(const pg::Home &home) {
    if (is_labelled(MyDatabaseId)) {
        pg::lock_name_shared(home, label_lock);
        if (is_labelled(MyDatabaseId)) return;
        pg::unlock_shared(home, label_lock);  // taken away while we waited
    }
    pg::lock_name(home, label_lock);
    if (is_labelled(MyDatabaseId)) return;
    // A DROP DATABASE that has found no label waits for its sessions to leave: so this one stays until it has
    // given up.
    pg::pg_call([] { LockSharedObject(DatabaseRelationId, MyDatabaseId, 0, AccessShareLock); });
    set_label(locked);
}

void unlabel_database(const pg::Home &home, const std::function<bool()> &something_is_locked) {
    // Of two that release the last two tables at once each may see the other's: then a label stays that
    // protects nothing, and SECURITY LABEL takes it away.  Else an open transaction would keep all releases
    // waiting.
    if (something_is_locked()) return;
    pg::lock_name(home, label_lock);
    if (!something_is_locked() && is_labelled(MyDatabaseId)) set_label(nullptr);
}

}  // namespace retry_ledger::guard

#include "guard/label.hpp"

#include "guard/hooks.hpp"
#include "pg/lock.hpp"

namespace retry_ledger::guard {

namespace {

constexpr const char *provider = "retry_ledger", *locked = "locked";

ObjectAddress address_of(Oid database) {
    return {DatabaseRelationId, database, 0};
}

// Two that label at once would meet in the catalog's unique index.
void set_label(const pg::Home &home, const char *label) {
    pg::lock_name(home, "security label");
    if (is_labelled(MyDatabaseId) == (label != nullptr)) return;
    const ObjectAddress object = address_of(MyDatabaseId);
    pg::pg_call([&] { SetSecurityLabel(&object, provider, label); });
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
    return pg::pg_call([&] { return GetSecurityLabel(&object, provider) != nullptr; });
}

bool any_database_is_labelled() {
    return pg::pg_call([] {
        Relation labels = table_open(SharedSecLabelRelationId, AccessShareLock);
        SysScanDesc scan = systable_beginscan(labels, InvalidOid, false, nullptr, 0, nullptr);
        bool found = false;
        while (HeapTuple tuple = systable_getnext(scan)) {
            bool null;
            Datum name = heap_getattr(tuple, Anum_pg_shseclabel_provider, RelationGetDescr(labels), &null);
            found |= strcmp(TextDatumGetCString(name), provider) == 0;
        }
        systable_endscan(scan);
        table_close(labels, AccessShareLock);
        return found;
    });
}

void label_database(const pg::Home &home) {
    set_label(home, locked);
}

void unlabel_database(const pg::Home &home) {
    set_label(home, nullptr);
}

}  // namespace retry_ledger::guard

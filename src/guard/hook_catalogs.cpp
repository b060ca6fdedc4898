// The check of privileges, which each statement and each COPY goes through with the relations that it writes.
//
// Privileges don't bind a superuser, so it is here that nobody writes the catalogs that guards stand on, nor
// our own tables around us.  SELECT … FOR UPDATE asks for the privilege of UPDATE, too, but names no columns.
#include "guard/hook_script.hpp"
#include "guard/hooks.hpp"
#include "guard/label.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::guard {

namespace {

using pg::compat::PermissionEntry;

// Of the catalogs, those that say nothing that guards rely on.
bool is_harmless(Oid catalog) {
    switch (catalog) {
        case DescriptionRelationId:
        case SharedDescriptionRelationId:
        case LargeObjectRelationId:
        case LargeObjectMetadataRelationId:
            return true;
        default:
            return false;
    }
}

// Rows that are there already.
bool is_changed(const PermissionEntry &entry) {
    return (entry.requiredPerms & (ACL_DELETE | ACL_TRUNCATE)) != 0 ||
           ((entry.requiredPerms & ACL_UPDATE) != 0 && entry.updatedCols != nullptr);
}

bool is_written(const PermissionEntry &entry) {
    return OidIsValid(entry.relid) && ((entry.requiredPerms & ACL_INSERT) != 0 || is_changed(entry));
}

// Where nothing is locked, catalogs say which file is that of the labels that all databases share, how it is
// read, who is asked before it is written, and what is an extension's.  But for pg_depend, which scripts of
// extensions write by hand.
bool is_relied_on(Oid catalog) {
    if (locked_database() != nullptr) return true;
    const bool scripted = says_extension_script() || runs_block_of_script();
    return !(catalog == DependRelationId && scripted) && any_database_is_labelled();
}

void check_written(const PermissionEntry &entry) {
    const Oid relation = entry.relid;
    check_exchanged_files();
    if (runs_within_copying() && locked_database() != nullptr) refuse_within_copying();
    const bool catalog = IsCatalogRelationOid(relation);
    if (catalog && (is_harmless(relation) || !is_relied_on(relation))) return;
    if (!catalog) {
        const LockedDatabase *database = locked_database();
        if (database == nullptr || !database->own.contains(relation) || pg::acting_as_ourselves()) return;
        if (database->restoring && !is_changed(entry)) return;
    }
    refuse_by_hand(relation);
}

bool check_statement(List *entries) {
    ListCell *cell;
    foreach (cell, entries) {
        const PermissionEntry &entry = *static_cast<const PermissionEntry *>(lfirst(cell));
        if (!is_written(entry)) continue;
        pg::entry([&] {
            if (!hooks_stand_aside()) check_written(entry);
            return true;
        });
    }
    return true;
}

}  // namespace

void install_catalog_hook() {
    pg::compat::hook_permission_check(check_statement);
}

}  // namespace retry_ledger::guard

#include "guard/hooks.hpp"

#include "guard/ddl_refusal.hpp"
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"
#include "guard/label.hpp"
#include "guard/lock.hpp"
#include "pg/planner_indexes.hpp"

namespace retry_ledger::guard {

namespace {

constexpr const char *way_out =
    "It stays as long as a table of this database is locked; guard_status() lists them, release_governance "
    "and "
    "approve_release are the recorded way out.";

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

}  // namespace

void install_hooks() {
    note_preload();
    if (!is_preloaded()) return;
    watch_locked_database();
    install_utility_hook();
    install_object_hook();
    install_catalog_hook();
    register_label();
    watch_exchanged_files();
    pg::doubt({locks_any, is_locked_or_own});
}

bool hooks_stand_aside() {
    if (IsBinaryUpgrade || !IsTransactionState() || !OidIsValid(MyDatabaseId)) return true;
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
    if (refusal.hint.empty()) refusal.hint = way_out;
    throw to_error(refusal);
}

void refuse_by_hand(Oid relation) {
    refuse_locked(
        core::format("{} can't be written by hand: locked tables rely on it", pg::qualified_name(relation)),
        relation, way_out);
}

std::string describe(const ObjectAddress &object) {
    const char *text = pg::pg_call([&] { return getObjectDescription(&object, true); });
    if (text != nullptr) return text;
    // Made by the command that is running, so no cache knows it yet.
    const char *catalog = pg::pg_call([&] { return get_rel_name(object.classId); });
    return core::format("a row of {}", catalog != nullptr ? catalog : "a catalog");
}

}  // namespace retry_ledger::guard

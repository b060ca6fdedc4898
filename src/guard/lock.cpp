// The second layer of level locked.  Where the library is preloaded, hooks hold the lock.  Where it isn't, a
// superuser could switch guards off and on again unseen, so the table takes no writes at all: whoever moves
// a locked database to another server, or takes the library out of the settings, notices at once.
#include "guard/lock.hpp"

#include "core/json.hpp"
#include "guard/hooks.hpp"
#include "guard/row.hpp"
#include "pg/nesting.hpp"

namespace retry_ledger::guard {

namespace {

bool preloaded = false;

}  // namespace

void note_preload() {
    preloaded = process_shared_preload_libraries_in_progress;
}

bool is_preloaded() {
    return preloaded;
}

void require_lock(const govern::Governed &table) {
    if (!table.locked || preloaded) return;
    const std::string name = table.table_name.string();
    pg::Error error{
        ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        core::format("LOCK_NOT_HELD: {} is locked, and this server doesn't preload retry_ledger", name),
        core::to_json({{"run_table", name}}),
        core::format("Add retry_ledger to shared_preload_libraries and restart the server. "
                     "release_governance({0}, reason => '...') and approve_release({0}) are the recorded way "
                     "out.",
                     pg::quote_literal(name))};
    error.schema = table.schema.string();
    error.table = table.relname.string();
    throw error;
}

static const TriggerData *configuration_trigger(FunctionCallInfo fcinfo) {
    const bool truncates =
        CALLED_AS_TRIGGER(fcinfo) &&
        TRIGGER_FIRED_BY_TRUNCATE(reinterpret_cast<TriggerData *>(fcinfo->context)->tg_event);
    if (truncates) return trigger_data(fcinfo, "retry_ledger_truncate", BEFORE_TRUNCATE);
    return trigger_data(fcinfo, "retry_ledger_configuration", AFTER_ROW, WHEN_FIRED);
}

}  // namespace retry_ledger::guard

using namespace retry_ledger;

// Before the first row: with a lock that holds, it costs a call per statement.
RETRY_LEDGER_FUNCTION(guard_locked) {
    return pg::entry([&]() -> Datum {
        const TriggerData *trigger =
            guard::trigger_data(fcinfo, "retry_ledger_locked", guard::BEFORE_STATEMENT, guard::WHEN_FIRED);
        if (!guard::is_preloaded()) guard::governed_of(pg::home_of(fcinfo->flinfo->fn_oid), trigger);
        return Datum(0);
    });
}

// What the library itself doesn't write: rows that a subscription applies, which go through no hook.
RETRY_LEDGER_FUNCTION(guard_configuration) {
    return pg::entry([&]() -> Datum {
        const TriggerData *trigger = guard::configuration_trigger(fcinfo);
        if (pg::is_applied() && guard::is_preloaded() && guard::locked_database() != nullptr)
            guard::refuse_by_hand(RelationGetRelid(trigger->tg_relation));
        return Datum(0);
    });
}

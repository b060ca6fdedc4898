// Append-only and write-once tables, the application's and our own.  They need no configuration: what may
// change stands in the trigger's arguments.
#include "core/keys.hpp"
#include "guard/row.hpp"

namespace retry_ledger::guard {

namespace {

bool is_listed(const Trigger &trigger, const std::string &column) {
    for (int i = 0; i < trigger.tgnargs; i++)
        if (column == trigger.tgargs[i]) return true;
    return false;
}

bool was_null(const Row &row, const std::string &column) {
    int attnum = pg::pg_call([&] { return SPI_fnumber(row.descriptor(), column.c_str()); });
    return heap_attisnull(row.tuple(), attnum, row.descriptor());
}

void check_write_once(const TriggerData *data) {
    TupleDesc descriptor = RelationGetDescr(data->tg_relation);
    Row before(data->tg_trigtuple, descriptor), after(data->tg_newtuple, descriptor);
    std::string name = pg::qualified_name(RelationGetRelid(data->tg_relation));
    for (const std::string &column : changed_columns(before, after)) {
        bool listed = is_listed(*data->tg_trigger, column);
        if (listed && was_null(before, column)) continue;
        throw violation(
            data, "retry_ledger_write_once",
            listed ? core::format("WRITE_ONCE_VIOLATION: {} of {} is already written", column, name)
                   : core::format("WRITE_ONCE_VIOLATION: {} of {} can't be changed", column, name),
            {{"column", column}},
            "The columns declared write-once may go from NULL to a value, once; others never change.");
    }
}

}  // namespace

}  // namespace retry_ledger::guard

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_append_only) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger = guard::trigger_data(fcinfo, "retry_ledger_change", guard::AFTER_UPDATE_ROW);
        std::string name = pg::qualified_name(RelationGetRelid(trigger->tg_relation));
        throw guard::violation(trigger, "retry_ledger_append_only",
                               core::format("APPEND_ONLY_VIOLATION: cannot update {}", name), {},
                               "Rows of an append-only table are only added.");
    });
}

RETRY_LEDGER_FUNCTION(guard_write_once) {
    return pg::entry([&]() -> Datum {
        guard::check_write_once(guard::trigger_data(fcinfo, "retry_ledger_change", guard::AFTER_UPDATE_ROW));
        return Datum(0);
    });
}

// Append-only and write-once tables, the application's and our own.  They need no configuration: what may
// change stands in the trigger's arguments.
#include <algorithm>

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

// The columns that a generated one is made from; none for others.
std::vector<std::string> sources(TupleDesc descriptor, const std::string &column) {
    std::vector<std::string> names;
    pg::pg_call([&] {
        const int number = SPI_fnumber(descriptor, column.c_str());
        if (number <= 0 || TupleDescAttr(descriptor, number - 1)->attgenerated == '\0') return;
        Bitmapset *read = nullptr;
        for (int i = 0; i < descriptor->constr->num_defval; i++)
            if (descriptor->constr->defval[i].adnum == number)
                pull_varattnos(static_cast<Node *>(stringToNode(descriptor->constr->defval[i].adbin)), 1,
                               &read);
        for (int member = -1; (member = bms_next_member(read, member)) >= 0;)
            if (int source = member + FirstLowInvalidHeapAttributeNumber; source > 0)
                names.emplace_back(NameStr(TupleDescAttr(descriptor, source - 1)->attname));
    });
    return names;
}

// With a listed column that is written now, what is generated from it changes.
bool follows_listed(const TriggerData *data, const Row &before, const std::vector<std::string> &changed,
                    const std::string &column) {
    for (const std::string &source : sources(before.descriptor(), column))
        if (is_listed(*data->tg_trigger, source) && was_null(before, source) &&
            std::find(changed.begin(), changed.end(), source) != changed.end())
            return true;
    return false;
}

void check_write_once(const TriggerData *data) {
    TupleDesc descriptor = RelationGetDescr(data->tg_relation);
    Row before(data->tg_trigtuple, descriptor), after(data->tg_newtuple, descriptor);
    std::string name = pg::qualified_name(RelationGetRelid(data->tg_relation));
    const std::vector<std::string> changed = changed_columns(before, after);
    for (const std::string &column : changed) {
        bool listed = is_listed(*data->tg_trigger, column);
        if (listed && was_null(before, column)) continue;
        if (follows_listed(data, before, changed, column)) continue;
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

// What row triggers see: the row, typed; and what they raise.
#pragma once

#include "core/refusal.hpp"
#include "govern/governed.hpp"

namespace retry_ledger::guard {

// The events that guards are made for, as bits of tg_event.
constexpr TriggerEvent BEFORE_INSERT_ROW = TRIGGER_EVENT_INSERT | TRIGGER_EVENT_ROW | TRIGGER_EVENT_BEFORE;
constexpr TriggerEvent AFTER_INSERT_ROW = TRIGGER_EVENT_INSERT | TRIGGER_EVENT_ROW;
constexpr TriggerEvent AFTER_UPDATE_ROW = TRIGGER_EVENT_UPDATE | TRIGGER_EVENT_ROW;
constexpr TriggerEvent BEFORE_DELETE_ROW = TRIGGER_EVENT_DELETE | TRIGGER_EVENT_ROW | TRIGGER_EVENT_BEFORE;
constexpr TriggerEvent BEFORE_TRUNCATE = TRIGGER_EVENT_TRUNCATE | TRIGGER_EVENT_BEFORE;
constexpr TriggerEvent BEFORE_STATEMENT = TRIGGER_EVENT_BEFORE;
constexpr TriggerEvent AFTER_ROW = TRIGGER_EVENT_ROW;
constexpr TriggerEvent AFTER_STATEMENT = 0;
constexpr TriggerEvent WHEN_FIRED = TRIGGER_EVENT_ROW | TRIGGER_EVENT_TIMINGMASK;
constexpr TriggerEvent WHAT_FIRED = TRIGGER_EVENT_OPMASK | WHEN_FIRED;

// Raises unless the function is called by the trigger of that name, for that event (of which `mask` counts).
// Whoever may create triggers may name our functions: as a second trigger they would count and record twice,
// for another event they would look for rows that aren't there.
TriggerData *trigger_data(FunctionCallInfo fcinfo, const char *name, TriggerEvent event,
                          TriggerEvent mask = WHAT_FIRED);
pg::Error not_a_guard(const TriggerData *trigger, std::string why);

// The governed table of the trigger's relation.  Raises if there is none: guards without configuration
// refuse writes, and so does a locked table where its lock isn't held, and one that is being copied.
govern::GovernedRef governed_of(const pg::Home &home, const TriggerData *trigger);
// The same for the guards of runs and of files: raises on a table of another kind.
govern::GovernedRef governed_runs_of(const pg::Home &home, const TriggerData *trigger);

// One row version in a trigger.
class Row {
public:
    Row(HeapTuple tuple, TupleDesc descriptor) : tuple_(tuple), descriptor_(descriptor) {}
    Datum value(const govern::Column &column, bool *null) const;
    bool is_null(const govern::Column &column) const;
    std::optional<std::string> text(const govern::Column &column) const;
    std::optional<int64> integer(const govern::Column &column) const;
    std::optional<bool> boolean(const govern::Column &column) const;
    HeapTuple tuple() const { return tuple_; }
    CommandId written_by() const;  // the command of this transaction that wrote it
    TupleDesc descriptor() const { return descriptor_; }

private:
    HeapTuple tuple_;
    TupleDesc descriptor_;
};

// Byte comparison: `1.0` and `1.00` differ, whatever operators say.
bool same_image(const Row &a, const Row &b, AttrNumber attnum);

// Columns in which two versions differ, by name; generated virtual ones aside.
std::vector<std::string> changed_columns(const Row &before, const Row &after);

// SQLSTATE 23R01 with schema, table and constraint name.
pg::Error violation(const govern::Governed &table, const char *constraint, std::string message,
                    core::Evidence evidence, std::string hint);

// The same for a relation that may not be governed: our own tables, or one whose configuration is gone.
pg::Error violation(const TriggerData *trigger, const char *constraint, std::string message,
                    core::Evidence evidence, std::string hint);

// What a row's key is called in DETAIL.
inline const char *id_name(const govern::Governed &table) {
    return table.kind == govern::Kind::files ? "file_id" : "run_id";
}

std::string key_text(const govern::Governed &table, const Row &row);

// Of a refusal: table, row, tenant and policy, where it doesn't say so itself.
void add_subject(pg::Error &error, const govern::Governed &table, const Row &row);

// What refuses `row` says what it is about.
template <class F>
auto about_row(const govern::Governed &table, const Row &row, F &&body) -> decltype(body()) {
    try {
        return body();
    } catch (pg::Error &error) {
        add_subject(error, table, row);
        throw;
    }
}

}  // namespace retry_ledger::guard

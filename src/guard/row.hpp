// What row triggers see: the row, typed; and what they raise.
#pragma once

#include "core/refusal.hpp"
#include "govern/governed.hpp"

namespace retry_ledger::guard {

TriggerData *trigger_data(FunctionCallInfo fcinfo);

// The governed table of the trigger's relation.  Raises if there is none: guards without configuration
// refuse writes, and so does a locked table where its lock isn't held.
govern::GovernedRef governed_of(const pg::Home &home, const TriggerData *trigger);

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

}  // namespace retry_ledger::guard

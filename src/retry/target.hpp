// Targets: which runs of a table a caller means, as equality on columns.
//
// A target's values go through the input functions of the columns' types and are compared with the types' own
// equality, so that an index serves.  Only types are taken whose equal values are written alike: otherwise a
// target that the registry closes could be spelled in another way and pass.
#pragma once

#include "core/refusal.hpp"
#include "govern/governed.hpp"

namespace retry_ledger::retry {

constexpr int max_targets = 1000;
constexpr size_t max_target_bytes = 1000;  // as canonical JSON: an index holds it

// A target as it was written: columns and values, not yet looked at.  NULL stands for IS NULL.
struct WrittenTarget {
    std::vector<std::pair<std::string, std::optional<std::string>>> columns;
};

struct WrittenTargets {
    std::vector<WrittenTarget> items;
    bool is_array = false;  // and so the answer will be
};

// A jsonb argument: one object, or an array of 1 to max_targets.  INVALID_TARGET otherwise.
WrittenTargets targets_argument(FunctionCallInfo fcinfo, int index);

// A column of a target, with its value in the column's type.
struct TargetColumn {
    std::string name;
    Oid type = InvalidOid;  // the base type
    Datum value = 0;
    std::optional<std::string> text;  // none: NULL
    std::string json;
};

struct Target {
    std::vector<TargetColumn> columns;  // in the order in which jsonb has them
    std::string json;                   // canonical: the same for every way to write the same target

    const TargetColumn *find(std::string_view name) const;
};

// The target in the table's types.  INVALID_TARGET for unknown, system and unfit columns and for values that
// aren't of the column's type.
Target typed_target(const govern::Governed &table, const WrittenTarget &written);

// One column and the value that `text` denotes in it.
TargetColumn typed_column(const govern::Governed &table, const std::string &name,
                          const std::optional<std::string> &text);

// The target with one more column.
Target with_column(const Target &target, TargetColumn column);

// A condition on the table's alias t, its values appended to `params`.
std::string condition_of(const Target &target, std::vector<pg::Param> &params);

// The value of a stored column, as JSON; `text` is what its output function wrote.
std::string json_value(Oid base_type, const std::string &text);

// Whether a table has a column by that name that a target may name.
bool has_target_column(const govern::Governed &table, const std::string &name);

[[noreturn]] void refuse_target(const std::string &message, core::Evidence evidence, const std::string &hint);

}  // namespace retry_ledger::retry

// The columns that never change after birth.  A partitioned table is fit only if its rows never move, so its
// partition keys are among them.
#include <algorithm>

#include "govern/adopt_steps.hpp"

namespace retry_ledger::govern {

namespace {

using core::Role;

// None if rows of this column never move; else why they would, and what to do.
struct Unfit {
    std::string why, hint;
};

std::optional<Unfit> unfit_to_partition_by(const Adopting &a, const std::string &name) {
    auto is = [&](Role role) { return a.decided.column(role) == name; };
    const ColumnShape *column = a.table.find(name);
    std::string again = "Partition by the key, the tenant or a column that is set at birth, as created_at.";
    if (column == nullptr) return Unfit{"It isn't a column of the root.", again};
    if (is(Role::key) || is(Role::tenant) || is(Role::run) || is(Role::index) ||
        contains(a.decided.inputs, name))
        return std::nullopt;
    if (is(Role::parent) || is(Role::attempt) || is(Role::is_retry))
        return Unfit{"It is set by the guards at birth, when the partition has been chosen already.", again};
    if (is(Role::status) || is(Role::error) || is(Role::reason))
        return Unfit{"It changes while a run goes on, so rows would move between partitions.", again};
    if (column->is_time() && core::says_birth_time(name)) return std::nullopt;
    Names inputs = a.decided.inputs;
    inputs.push_back(name);
    return Unfit{"It is an outcome, so rows could move between partitions.",
                 core::format("If it never changes after birth, say so: {}.",
                              a.request.call_with("input_columns", array_literal(inputs)))};
}

void check_member(Adopting &a, const Member &member) {
    if (member.partitions_by_expression)
        throw refusal(a.table, ERRCODE_FEATURE_NOT_SUPPORTED,
                      core::format("{} is partitioned by an expression", member.qualified),
                      "Whether its rows ever move can't be seen from an expression.",
                      "Partition by the key, the tenant or a column that is set at birth, as created_at.");
    for (const std::string &name : member.partition_columns) {
        if (std::optional<Unfit> unfit = unfit_to_partition_by(a, name))
            throw refusal(
                a.table, ERRCODE_FEATURE_NOT_SUPPORTED,
                core::format("{} is partitioned by \"{}\", which may change", member.qualified, name),
                unfit->why, unfit->hint, name);
        if (!contains(a.decided.frozen, name)) a.decided.frozen.push_back(name);
        // A retry needs a value to find its partition.
        const ColumnShape &column = a.table.column(name);
        if (contains(a.decided.outcomes, name) && !column.has_default() && !contains(a.decided.now, name))
            a.decided.now.push_back(name);
    }
}

}  // namespace

void freeze_columns(Adopting &a) {
    for (Role role :
         {Role::key, Role::parent, Role::attempt, Role::is_retry, Role::tenant, Role::run, Role::index})
        if (a.decided.column(role)) a.decided.frozen.push_back(*a.decided.column(role));
    for (const Member &member : a.table.members) check_member(a, member);
    a.add("frozen_columns", join(a.decided.frozen), "never change after birth");
}

}  // namespace retry_ledger::govern

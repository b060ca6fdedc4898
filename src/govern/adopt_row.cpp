// What a retry's row carries over from the run that it retries (inputs), and what starts anew (outcomes).
#include <algorithm>

#include "govern/adopt_steps.hpp"

namespace retry_ledger::govern {

namespace {

using core::Role;

class Divider {
public:
    explicit Divider(Adopting &adopting) : a_(adopting), table_(adopting.table) {}

    void divide() {
        check_named(a_.request.inputs, "input_columns");
        check_named(a_.request.outcomes, "outcome_columns");
        check_disjoint();
        for (const ColumnShape &column : table_.columns) {
            if (is_mapped(column) || column.generated || column.identity) continue;
            (is_input(column) ? a_.decided.inputs : a_.decided.outcomes).push_back(column.name);
        }
        for (const std::string &name : a_.decided.outcomes) check_can_start_anew(table_.column(name));
        if (const ColumnShape *error = a_.mapped(Role::error)) check_can_start_anew(*error);
        report();
    }

private:
    bool is_mapped(const ColumnShape &column) const {
        for (Role role : core::roles)
            if (a_.decided.column(role) == column.name) return true;
        return false;
    }

    void check_named(const std::optional<Names> &names, const char *argument) {
        if (!names) return;
        for (const std::string &name : *names) {
            const ColumnShape *column = table_.find(name);
            if (column == nullptr)
                throw refusal(table_, ERRCODE_UNDEFINED_COLUMN,
                              core::format("column \"{}\" of {} does not exist", name, table_.qualified),
                              core::format("It was named in {}.", argument), without(argument, *names, name),
                              name);
            std::string why = is_mapped(*column)  ? "it plays another role"
                              : column->generated ? "it is generated"
                              : column->identity  ? "it is an identity"
                                                  : "";
            if (!why.empty())
                throw refusal(
                    table_, ERRCODE_INVALID_PARAMETER_VALUE,
                    core::format("column \"{}\" of {} can't be in {}", name, table_.qualified, argument),
                    core::format("A retry's value of it is made anew: {}.", why),
                    without(argument, *names, name), name);
            if (std::count(names->begin(), names->end(), name) > 1)
                throw refusal(table_, ERRCODE_DUPLICATE_COLUMN,
                              core::format("column \"{}\" stands twice in {}", name, argument),
                              "Each column is named once.", without(argument, *names, name), name);
        }
    }

    std::string without(const char *argument, Names names, const std::string &name) const {
        // Of a column that stands twice, one is left.
        auto last = std::find(names.rbegin(), names.rend(), name);
        names.erase(std::next(last).base());
        return a_.request.call_with(argument, array_literal(names)) + ".";
    }

    void check_disjoint() {
        if (!a_.request.inputs || !a_.request.outcomes) return;
        for (const std::string &name : *a_.request.inputs)
            if (contains(*a_.request.outcomes, name))
                throw refusal(table_, ERRCODE_DUPLICATE_COLUMN,
                              core::format("column \"{}\" of {} can't be both input and outcome", name,
                                           table_.qualified),
                              "An input is carried over to a retry, an outcome starts anew.",
                              without("outcome_columns", *a_.request.outcomes, name), name);
    }

    // One list that is given says which columns are meant, and so which aren't.  With both, a column in
    // neither is an outcome, as one that is added later.
    bool is_input(const ColumnShape &column) const {
        if (a_.request.inputs) return contains(*a_.request.inputs, column.name);
        if (a_.request.outcomes) return !contains(*a_.request.outcomes, column.name);
        if (a_.recorded) return contains(a_.recorded->adoption.inputs, column.name);
        if (is_planned(column)) return !column.has_default();
        return !column.is_serial() && !core::says_outcome(column.name, column.is_time());
    }

    // What is due in a day is due a day after the retry if the table says so; else it stays as it was asked
    // for, and is never made up.
    static bool is_planned(const ColumnShape &column) {
        return column.is_time() && core::says_planned_time(column.name);
    }

    void check_can_start_anew(const ColumnShape &column) {
        if (!column.not_null || column.has_default()) return;
        if (column.is_time() && !is_planned(column)) {
            a_.decided.now.push_back(column.name);
            return;
        }
        Names inputs = a_.decided.inputs;
        inputs.push_back(column.name);
        std::string carry =
            contains(a_.decided.outcomes, column.name)
                ? "; or carry it over: " + a_.request.call_with("input_columns", array_literal(inputs))
                : std::string();
        throw refusal(
            table_, ERRCODE_NOT_NULL_VIOLATION,
            core::format("a retry would have no value for column \"{}\" of {}", column.name,
                         table_.qualified),
            "It is an outcome, which starts anew with each retry, and it is NOT NULL without a default.",
            core::format("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT ...{}.", table_.qualified,
                         pg::quote_ident(column.name), carry),
            column.name);
    }

    void report() {
        const char *how = a_.request.inputs || a_.request.outcomes ? "as named"
                          : a_.recorded                            ? "as recorded"
                                                                   : "by name and type";
        a_.add("input_columns", join(a_.decided.inputs), core::format("carried over to a retry, {}", how));
        a_.add("outcome_columns", join(a_.decided.outcomes),
               "start anew with a retry: by their default, or NULL");
        report_planned();
        if (!a_.decided.now.empty())
            a_.add("now_columns", join(a_.decided.now), "NOT NULL without a default: a retry gets now()");
    }

    void report_planned() {
        Names planned;
        for (const std::string &name : a_.decided.inputs)
            if (is_planned(table_.column(name))) planned.push_back(name);
        if (planned.empty()) return;
        a_.add(
            "planned_times", join(planned),
            "carried over as asked for, also where they have passed; with a DEFAULT in outcome_columns they "
            "start anew");
    }

    Adopting &a_;
    const TableShape &table_;
};

}  // namespace

void divide_columns(Adopting &adopting) {
    Divider(adopting).divide();
}

}  // namespace retry_ledger::govern

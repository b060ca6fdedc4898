// UNIQUE and EXCLUDE constraints that a retry would violate: its row repeats every input of the run that it
// retries, which stays.
#include "govern/adopt_steps.hpp"

namespace retry_ledger::govern {

namespace {

using core::Role;

class Uniques {
public:
    explicit Uniques(Adopting &adopting) : a_(adopting), table_(adopting.table) {}

    void check() {
        for (const IndexShape &index : table_.indexes) {
            if (tells_apart(index)) continue;
            if (!index.predicate_columns.empty() && predicate_tells_apart(index)) {
                a_.add("index " + index.name, "kept",
                       "partial: its predicate reads what differs between a run and its retry");
                continue;
            }
            refuse(index);
        }
    }

private:
    // Whether a retry's value of this column differs from its parent's, for good: a status doesn't, for both
    // may end alike; nor does is_retry, for a retry may be retried.
    bool differs(int number) const {
        const ColumnShape *column = table_.by_number(number);
        if (column == nullptr) return false;
        if (column->generated) {
            for (int source : column->made_from)
                if (differs(source)) return true;
            return false;
        }
        if (column->identity) return true;
        auto is = [&](Role role) { return a_.decided.column(role) == column->name; };
        return is(Role::key) || is(Role::parent) || is(Role::attempt) ||
               contains(a_.decided.outcomes, column->name);
    }

    bool tells_apart(const IndexShape &index) const {
        for (int number : index.columns)
            if (number != 0 && differs(number)) return true;
        for (int number : index.expression_columns)
            if (differs(number)) return true;
        return false;
    }

    bool predicate_tells_apart(const IndexShape &index) const {
        for (int number : index.predicate_columns) {
            const ColumnShape *column = table_.by_number(number);
            if (column == nullptr) continue;
            if (differs(number) || a_.decided.column(Role::status) == column->name ||
                a_.decided.column(Role::is_retry) == column->name)
                return true;
        }
        return false;
    }

    [[noreturn]] void refuse(const IndexShape &index) {
        std::string name = index.constraint.value_or(index.name);
        pg::Error error = refusal(
            table_, ERRCODE_FEATURE_NOT_SUPPORTED,
            fmt::format("{} \"{}\" of {} would refuse every retry",
                        index.exclusion ? "exclusion constraint" : "unique constraint", name,
                        table_.qualified),
            fmt::format("A retry has the same {} as the run that it retries.", join(index.column_texts)),
            remedy(index));
        error.constraint = name;
        throw error;
    }

    std::string remedy(const IndexShape &index) const {
        std::string attempt = pg::quote_ident(*a_.decided.column(Role::attempt));
        std::string first;
        for (const NewColumn &column : a_.new_columns)
            if (column.role == Role::attempt)
                first = fmt::format("ALTER TABLE {} ADD COLUMN {} {}; ", table_.qualified, attempt,
                                    column.definition);
        if (index.exclusion)
            return first + fmt::format("ALTER TABLE {} DROP CONSTRAINT {}, and add it again with {} WITH =.",
                                       table_.qualified, pg::quote_ident(*index.constraint), attempt);
        std::string columns = join(index.column_texts) + ", " + attempt;
        if (index.constraint)
            return first +
                   fmt::format("ALTER TABLE {0} DROP CONSTRAINT {1}, ADD CONSTRAINT {1} UNIQUE ({2}).",
                               table_.qualified, pg::quote_ident(*index.constraint), columns);
        return first + fmt::format("DROP INDEX {}; CREATE UNIQUE INDEX {} ON {} ({}){}.", index.qualified,
                                   pg::quote_ident(index.name), table_.qualified, columns,
                                   index.predicate ? " WHERE " + *index.predicate : "");
    }

    Adopting &a_;
    const TableShape &table_;
};

}  // namespace

void check_uniques(Adopting &adopting) {
    Uniques(adopting).check();
}

}  // namespace retry_ledger::govern

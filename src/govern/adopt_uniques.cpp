// UNIQUE and EXCLUDE constraints that a retry would violate: its row repeats every input of the run that it
// retries, which stays.
#include "govern/adopt_steps.hpp"

namespace retry_ledger::govern {

namespace {

using core::Role;

// CURRENT_TIMESTAMP and its like are written without parentheses.
bool is_constant(const std::string &expression) {
    return expression.find('(') == std::string::npos && expression.rfind("CURRENT_", 0) != 0 &&
           expression.rfind("LOCALTIME", 0) != 0;
}

class Uniques {
public:
    Uniques(Adopting &adopting, const TableShape &table) : a_(adopting), table_(table) {}

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
    bool differs(int number, const IndexShape &index) const {
        const ColumnShape *column = table_.by_number(number);
        if (column == nullptr) return false;
        if (column->generated) {
            for (int source : column->made_from)
                if (differs(source, index)) return true;
            return false;
        }
        if (column->identity) return true;
        auto is = [&](Role role) { return a_.decided.column(role) == column->name; };
        if (is(Role::key) || is(Role::parent) || is(Role::attempt) || is(Role::run)) return true;
        if (contains(a_.decided.now, column->name)) return true;
        if (!contains(a_.decided.outcomes, column->name)) return false;
        return column->default_text ? !is_constant(*column->default_text) : !index.nulls_equal;
    }

    bool any_differs(const std::vector<int> &numbers, const IndexShape &index) const {
        for (int number : numbers)
            if (number != 0 && differs(number, index)) return true;
        return false;
    }

    bool tells_apart(const IndexShape &index) const {
        return any_differs(index.columns, index) || any_differs(index.expression_columns, index);
    }

    bool predicate_tells_apart(const IndexShape &index) const {
        for (int number : index.predicate_columns) {
            const ColumnShape *column = table_.by_number(number);
            if (column == nullptr) continue;
            if (contains(a_.decided.outcomes, column->name)) return true;
            for (Role role : {Role::key, Role::status, Role::parent, Role::attempt, Role::is_retry})
                if (a_.decided.column(role) == column->name) return true;
        }
        return false;
    }

    [[noreturn]] void refuse(const IndexShape &index) {
        std::string name = index.constraint.value_or(index.name);
        pg::Error error = refusal(
            table_, ERRCODE_FEATURE_NOT_SUPPORTED,
            core::format("{} \"{}\" of {} would refuse every retry",
                         index.exclusion ? "exclusion constraint" : "unique constraint", name,
                         table_.qualified),
            core::format("A retry has the same {} as the run that it retries.", join(index.column_texts)),
            remedy(index));
        error.constraint = name;
        throw error;
    }

    std::string remedy(const IndexShape &index) const {
        std::string attempt = pg::quote_ident(*a_.decided.column(Role::attempt));
        std::string first;
        for (const NewColumn &column : a_.new_columns)
            if (column.role == Role::attempt)
                first = core::format("ALTER TABLE {} ADD COLUMN {} {}; ", table_.qualified, attempt,
                                     column.definition);
        if (index.exclusion)
            return first + core::format("ALTER TABLE {} DROP CONSTRAINT {}, and add it again with {} WITH =.",
                                        table_.qualified, pg::quote_ident(*index.constraint), attempt);
        std::string columns = join(index.column_texts) + ", " + attempt;
        if (index.constraint)
            return first +
                   core::format("ALTER TABLE {0} DROP CONSTRAINT {1}, ADD CONSTRAINT {1} UNIQUE ({2}).",
                                table_.qualified, pg::quote_ident(*index.constraint), columns);
        return first + core::format("DROP INDEX {}; CREATE UNIQUE INDEX {} ON {} ({}){}.", index.qualified,
                                    pg::quote_ident(index.name), table_.qualified, columns,
                                    index.predicate ? " WHERE " + *index.predicate : "");
    }

    Adopting &a_;
    const TableShape &table_;
};

// Partitions that have unique indexes of their own, beside those of the root.
std::vector<Oid> partitions_with_indexes(const TableShape &table) {
    pg::Rows rows = pg::run_latest(
        "SELECT DISTINCT i.indrelid FROM pg_partition_tree($1) t JOIN pg_index i ON i.indrelid = t.relid"
        " WHERE t.relid <> $1 AND (i.indisunique OR i.indisexclusion)"
        " AND NOT EXISTS (SELECT FROM pg_inherits p WHERE p.inhrelid = i.indexrelid)",
        {pg::regclass_param(table.relation)});
    std::vector<Oid> result;
    for (uint64 i = 0; i < rows.size(); i++) result.push_back(static_cast<Oid>(rows.integer(i, 1)));
    return result;
}

}  // namespace

void check_uniques(Adopting &adopting) {
    Uniques(adopting, adopting.table).check();
    for (Oid partition : partitions_with_indexes(adopting.table))
        Uniques(adopting, read_shape(partition)).check();
}

}  // namespace retry_ledger::govern

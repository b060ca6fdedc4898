// Columns that PostgreSQL fills in: when a column that one is made from may change in a row that otherwise
// doesn't, it changes with it, whatever its expression says by then.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::guard {

struct Generated {
    std::string name;
    std::vector<std::string> sources;  // columns that its expression reads
    bool lasting = false;              // what that gives today it gave whenever the row was written
};

// The stored generated columns of a relation, as this one has them: a partition's may be made otherwise.
std::vector<Generated> generated_columns(TupleDesc descriptor);

// The same of a relation that isn't at hand.
std::vector<Generated> generated_columns_of(Oid relation);

}  // namespace retry_ledger::guard

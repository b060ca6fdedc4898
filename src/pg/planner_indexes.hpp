// Which indexes the planner may believe.
//
// An index on an expression or with a predicate has rows by what its functions said when they were written.
// The planner computes what it can of these expressions anew: where a function, a text search configuration
// or a type behind them has changed since, a query that asks for 'failed' finds an index that is said to have
// all that it wants, and it is empty.  So for some tables an index counts only if its expressions can't mean
// something else tomorrow; without it the rows are read another way.  Nor does a GIN index where the
// session's gin_fuzzy_search_limit has it leave rows out.  Statements of ours that read an application's rows
// take no such index at all: what they miss would be purged unseen, or retried twice.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

// For all tables while a plan of ours is made, and always for those of which `doubtful` says so.  `any` says
// whether there are such tables in this database at all.
struct Doubts {
    bool (*any)();
    bool (*doubtful)(Oid relation);
};

void doubt(const Doubts &doubts);

bool doubts_any();

void install_index_hook();

}  // namespace retry_ledger::pg

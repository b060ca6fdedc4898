// gin_fuzzy_search_limit: GIN indexes leave out at random what they find, if it is more than that.
//
// It is read when a search begins, long after the plan that searches was made.  Whoever has a function that a
// statement of somebody else computes in between (an expression of another table's index, say) could set it
// then, and rows are hidden from a session that has set nothing.  So where that matters it stays as it was
// when the session began: for as long as a statement is under way, it is what the planner saw.  Between
// statements, plans that were kept go with each change.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

// From now on, the setting stays as it is in each session of a database of which `matters` says so.
// Called once, when the library is preloaded.
void hold_fuzzy_search(bool (*matters)());

// Whether indexes of the access method leave anything out, as the setting is.  Within a pg_call.
bool finds_at_random(Oid method);

}  // namespace retry_ledger::pg

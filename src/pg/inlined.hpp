// Expressions as the planner sees them: it puts what functions in SQL say in the place of their calls.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

// With nothing computed of the constants in it.  Within a pg_call.
Node *inlined(Node *expression);

}  // namespace retry_ledger::pg

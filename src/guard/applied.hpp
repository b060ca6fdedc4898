// Rows that logical replication brings, and that are taken as found: pg/nesting.hpp says from whom.
#pragma once

#include "pg/nesting.hpp"

namespace retry_ledger::guard {

// Refuses such a row of a table where a BEFORE trigger of the application fires in apply workers: what comes
// then is what that trigger has made of it.  Within a trigger of ours; of rows that are judged it does
// nothing.
void refuse_rewritten(const TriggerData &trigger);

}  // namespace retry_ledger::guard

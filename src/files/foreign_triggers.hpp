// Triggers that we don't fire as the owner of a table.
#pragma once

#include "govern/governed.hpp"

namespace retry_ledger::files {

// Somebody else is to have a run of this table updated as its owner: refuses where a trigger of another
// role's would run as the owner then.  Locks the table, so that none is made meanwhile.
void refuse_foreign_triggers(const govern::Governed &runs);

}  // namespace retry_ledger::files

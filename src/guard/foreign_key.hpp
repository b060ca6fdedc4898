// A refused DELETE or UPDATE that an action of a foreign key has made: the hint says which, since whoever ran
// the statement named another table.
#pragma once

#include "guard/row.hpp"

namespace retry_ledger::guard {

void hint_at_foreign_key(pg::Error &error, const TriggerData *trigger);

}  // namespace retry_ledger::guard

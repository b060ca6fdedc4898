// What must be refused before it runs.
#pragma once

#include "guard/ddl_refusal.hpp"

namespace retry_ledger::guard {

// Refuses a command that would take the extension itself away while something is governed, or that commits in
// its middle and so can't be judged at its end.
void refuse_at_start(const pg::Home &home, Oid function, const EventTriggerData &event);

// Whether this is the update of our own extension, or runs within its script.  `function` is one of ours.
bool updates_ourselves(Oid function, const Node *statement);

// False if the command can't touch a table that exists.
bool can_reach(const Node *statement);

}  // namespace retry_ledger::guard

// Whether a DDL command can have changed what governance stands on.
#pragma once

#include "guard/ddl_command.hpp"

namespace retry_ledger::guard {

// At the command's end.  False: no fact of guarded_state (ddl.sql) can differ from what it was at its start.
bool concerns_governance(const pg::Home &home, CommandTag tag, const DdlCommand &command);

}  // namespace retry_ledger::guard

// Columns that come to be called NOT NULL, though rows have NULL in them.
#pragma once

#include "pg/own_table.hpp"

namespace retry_ledger::guard {

// Looks at the rows below each column, of governed tables and their partitions, that a command of this tag
// has made NOT NULL since `started`; refuses it where one is NULL.  As the extension's owner.
void check_not_null(const pg::Home &home, CommandTag tag, CommandId started);

}  // namespace retry_ledger::guard

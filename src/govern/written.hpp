// What rows of the application's became that a statement of ours has written: its BEFORE triggers may rewrite
// them, and what is answered, charged and handed out rests on them.
#pragma once

#include "govern/governed.hpp"

namespace retry_ledger::govern {

// Each row that an UPDATE returned begins with its key, then come the columns that were set: raises unless
// they have these values, as their types write them.
void require_written(const Governed &table, const pg::Rows &rows, const std::vector<std::string> &values);

}  // namespace retry_ledger::govern

// Rows of a DEFAULT partition that a new partition beside it would take.
#pragma once

#include "pg/own_table.hpp"

namespace retry_ledger::guard {

// Whether the DEFAULT partition beside this one, which has come with the command, holds a row that belongs to
// it now.
bool default_partition_has_rows_of(Oid partition);

}  // namespace retry_ledger::guard

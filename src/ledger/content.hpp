// Rows as canonical bytes.
#pragma once

#include "core/canonical.hpp"
#include "pg/own_table.hpp"

namespace retry_ledger::ledger {

// The row's canonical bytes under `domain`, without the column `except` (may be nullptr).
std::string row_bytes(const char *domain, TupleDesc descriptor, const Datum *values, const bool *nulls,
                      const char *except);

}  // namespace retry_ledger::ledger

// Rows as canonical bytes.
#pragma once

#include "core/canonical.hpp"
#include "pg/own_table.hpp"

namespace retry_ledger::ledger {

// The row's canonical bytes under `domain`, without the column `except` (may be nullptr).
std::string row_bytes(const char *domain, TupleDesc descriptor, const Datum *values, const bool *nulls,
                      const char *except);

// A value as its type's output function writes it, whatever the settings.
std::string_view fixed_text(Oid type, Datum value);

}  // namespace retry_ledger::ledger

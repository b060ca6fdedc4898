// What of the history the caller may see: whatever it can see of the runs themselves.
#pragma once

#include "govern/governed.hpp"

namespace retry_ledger::history {

// The key that `text` denotes, of the key's base type; nothing if it can't be one (also: no longer, after the
// table was governed again with another key).  Raises nothing on account of the text.
std::optional<Datum> key_datum(const govern::Governed &table, const std::string &text);

// Whether current_user may use the table's schema and read what history says of its runs: key, status, error
// and tenant.
bool may_read_runs(const govern::Governed &table);

}  // namespace retry_ledger::history

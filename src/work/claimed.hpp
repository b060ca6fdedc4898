// When the work of a run was taken up.
#pragma once

#include "govern/governed.hpp"

namespace retry_ledger::work {

// The first claim; none if nobody claimed it, or its work isn't handed out from a queue.
std::optional<TimestampTz> first_claim(const pg::Home &home, const govern::Governed &table,
                                       const std::string &run_key);

}  // namespace retry_ledger::work

// What a retry that is void gives back.
#pragma once

#include "govern/governed.hpp"

namespace retry_ledger::work {

// The seam to credits: gives back what the retry was charged.  An error of it doesn't undo the void: it comes
// back, is on the ledger as refund_failed, and calling once more tries again.  Within a SpiScope.
std::optional<pg::Error> void_effects(const pg::Home &home, govern::Governed &table,
                                      const std::string &retry_key, const std::string &reason);

}  // namespace retry_ledger::work

// Evidence as one JSON object (RFC 8259), for DETAIL and for the ledger.
#pragma once

#include "core/refusal.hpp"

namespace retry_ledger::core {

std::string to_json(const Evidence &evidence);

}  // namespace retry_ledger::core

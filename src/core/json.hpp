// Evidence as one JSON object (RFC 8259), for DETAIL and for the ledger.
#pragma once

#include <string_view>

#include "core/refusal.hpp"

namespace retry_ledger::core {

std::string to_json(const Evidence &evidence);

// A text as a JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace retry_ledger::core

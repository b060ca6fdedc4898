// Why somebody did something: kept on the ledger for good, so neither empty nor without end.
#pragma once

#include <optional>
#include <string>

#include "core/refusal.hpp"

namespace retry_ledger::core {

constexpr size_t max_reason_bytes = 10000;

// INVALID_REASON for a reason that is empty or longer than that.
std::optional<Refusal> refuse_reason(const std::string &reason);

}  // namespace retry_ledger::core

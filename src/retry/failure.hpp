// Failure classes of runs, told from their error texts.
#pragma once

#include "retry/statements.hpp"

namespace retry_ledger::retry {

// None if it can't be told.
std::optional<std::string> failure_class_of(govern::Governed &table, const VisibleRun &run);

}  // namespace retry_ledger::retry

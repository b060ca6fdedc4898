#include "retry/failure.hpp"

namespace retry_ledger::retry {
std::optional<std::string> failure_class_of(govern::Governed &, const VisibleRun &) {
    return std::nullopt;
}
}  // namespace retry_ledger::retry

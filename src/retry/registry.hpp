// The registry: for which targets jobs may be rerun in bulk, and how.
#pragma once

#include "retry/target.hpp"

namespace retry_ledger::retry {

constexpr int max_rerun_attempts = 5;  // the hard cap of bulk reruns: no registry and no call goes above

struct Registration {
    int version;
    std::vector<std::string> actions;  // names of core::Mode; none: closed
    std::optional<int> max_attempts;
};

// The newest entry whose target is contained in this one.
std::optional<Registration> registration_of(const pg::Home &home, const govern::Governed &table,
                                            const Target &target);

// 1 to max_rerun_attempts, or INVALID_MAX_ATTEMPTS.  NULL: none.
std::optional<int> rerun_attempts_argument(FunctionCallInfo fcinfo, int index);

}  // namespace retry_ledger::retry

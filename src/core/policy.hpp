// The rules under which runs of a table may be retried.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace retry_ledger::core {

struct Policy {
    int max_attempts = 3;  // retries, the original not counted
    std::vector<std::string> retryable_statuses = {"failed"};
    std::optional<std::vector<std::string>> retry_roles;     // none: whoever may INSERT
    std::optional<std::vector<std::string>> override_roles;  // none: nobody
};

constexpr int min_max_attempts = 1, max_max_attempts = 10;

// What the policy hash is made of: the rules, not who set them.
std::string canonical_bytes(const Policy &policy);

}  // namespace retry_ledger::core

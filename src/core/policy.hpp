// The policy of a table, and who may retry under it.
#pragma once

#include <string>
#include <vector>

namespace retry_ledger::core {

struct Policy {
    int max_attempts = 3;  // retries, the original not counted
    std::vector<std::string> retryable_statuses = {"failed"};
};

}  // namespace retry_ledger::core

#include "core/policy.hpp"

#include <algorithm>

#include "core/canonical.hpp"

namespace retry_ledger::core {

namespace {

// A list of rules is a set: its order doesn't change the hash.
std::string encode_set(std::vector<std::string> items) {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return encode_list(items);
}

}  // namespace

std::string canonical_bytes(const Policy &policy) {
    std::vector<Field> fields = {
        {"max_attempts", Tag::integer, encode_int64(policy.max_attempts)},
        {"retryable_statuses", Tag::list, encode_set(policy.retryable_statuses)},
    };
    if (policy.retry_roles) fields.push_back({"retry_roles", Tag::list, encode_set(*policy.retry_roles)});
    if (policy.override_roles)
        fields.push_back({"override_roles", Tag::list, encode_set(*policy.override_roles)});
    return canonical_bytes("retry_ledger.policy", 1, fields);
}

}  // namespace retry_ledger::core

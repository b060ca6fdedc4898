// A version of a policy as it stands in the table retry_policy: read by the cache of what is governed, read
// and written by set_retry_policy.
#pragma once

#include "core/payload.hpp"
#include "core/policy.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::govern {

// The columns that hold the rules, as SELECT and INSERT name them.
extern const char *const policy_columns;
constexpr int policy_column_count = 28;

// From the columns above, the first of them being `column`.
core::Policy policy_from(const pg::Rows &rows, uint64 row, int column);

// The lists of an object {tenant: [profile, ...]}.
std::map<std::string, std::vector<std::string>> profile_lists(const core::JsonNode &object);

// In the order of the columns above.
std::vector<pg::Param> policy_params(const core::Policy &policy);

}  // namespace retry_ledger::govern

// What the arguments of set_retry_policy and add_failure_rule make of the policy in force.
#pragma once

#include "retry/resolve.hpp"

namespace retry_ledger::retry {

// Refuses INVALID_POLICY.  `table` is none for the default policy.
core::Policy changed_policy(FunctionCallInfo fcinfo, core::Policy policy, const govern::Governed *table);

core::Policy with_failure_rule(FunctionCallInfo fcinfo, core::Policy policy);

}  // namespace retry_ledger::retry

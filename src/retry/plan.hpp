// What a retry would be, as one hash: whoever has seen a plan can ask for exactly that.
#pragma once

#include "retry/retry.hpp"

namespace retry_ledger::retry {

// SHA-256 in hex over the canonical bytes of all that matters to the retry: the run as it stands, the policy
// in force, what was asked for, and what follows (attempt, failure class, time to wait, credits).  Who asks
// and why doesn't matter.
std::string plan_hash(const govern::Governed &table, const Decided &decided, const Request &request);

// PLAN_CHANGED unless the plan that the caller has seen is still what would happen.
void require_plan(const std::string &seen, const std::string &now, const Decided &decided,
                  const govern::Governed &table);

}  // namespace retry_ledger::retry

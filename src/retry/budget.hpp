// What a tenant may spend on retries within the policy's window.
#pragma once

#include "retry/decided.hpp"
#include "retry/question.hpp"

namespace retry_ledger::retry {

// Retries of the tenant within the policy's window, which no other transaction can add to until ours ends,
// unless it is for a plan.  As many as the budget has at most.  Within an SpiScope.
int tenant_retries(const pg::Home &home, const govern::Governed &table,
                   const std::optional<std::string> &tenant, Purpose purpose);

// A retry that has its link counts: BUDGET_EXHAUSTED if it is one too many.  Those decided before it in the
// same statement had no link yet.
void spend_budget(const pg::Home &home, const govern::Governed &table, const Decided &decided);

}  // namespace retry_ledger::retry

#include "core/decision.hpp"

#include "core/format.hpp"

#include <algorithm>

namespace retry_ledger::core {

namespace {

Value optional_text(const std::optional<std::string> &text) {
    if (text) return *text;
    return nullptr;
}

std::string listed(const std::vector<std::string> &items) {
    std::string out;
    for (const std::string &item : items) out += (out.empty() ? "" : ", ") + item;
    return out;
}

Refusal not_allowed(const Question &q) {
    return {Token::not_allowed,
            format("role {} may not retry runs of {}", q.role, q.run.table),
            {{"run_id", q.run.key}, {"run_table", q.run.table}, {"role", q.role}},
            "The policy of the table lists the roles that may retry: see retry_policy.retry_roles."};
}

Refusal already_running(const Question &q) {
    return {Token::job_already_running,
            format("run {} is {}", q.run.key, q.run.status),
            {{"run_id", q.run.key},
             {"run_table", q.run.table},
             {"current_status", q.run.status},
             {"attempted_status", q.attempted_status}},
            "Only a run that has ended can be retried."};
}

Refusal state_not_allowed(const Question &q, const Policy &policy) {
    return {Token::retry_not_allowed_state,
            format("run {} is {}", q.run.key, q.run.status),
            {{"run_id", q.run.key},
             {"run_table", q.run.table},
             {"current_status", q.run.status},
             {"attempted_status", q.attempted_status},
             {"retryable_statuses", policy.retryable_statuses}},
            format("The policy allows a retry of: {}.", listed(policy.retryable_statuses))};
}

Refusal max_attempts_reached(const Question &q, const Policy &policy) {
    return {Token::max_attempts_reached,
            format("run {} is attempt {} and the policy allows {} {}", q.run.key, q.run.attempt,
                   policy.max_attempts, policy.max_attempts == 1 ? "retry" : "retries"),
            {{"run_id", q.run.key},
             {"run_table", q.run.table},
             {"attempt", std::int64_t{q.run.attempt}},
             {"max_attempts", std::int64_t{policy.max_attempts}}},
            "The limit counts retries along the lineage; set_retry_policy changes it."};
}

}  // namespace

Refusal run_not_found(const std::string &key, const std::string &table) {
    return {Token::run_not_found,
            format("run {} does not exist", key),
            {{"run_id", key}, {"run_table", table}},
            "Check the id, the table and the tenant that the call names."};
}

Refusal already_retried(const RunFacts &run, const LiveRetry &live) {
    return {Token::already_retried,
            format("run {} is already retried by run {}", run.key, live.key),
            {{"run_id", run.key},
             {"run_table", run.table},
             {"retry_run_id", live.key},
             {"retry_status", optional_text(live.status)}},
            "A run has one live retry; when that one has failed, retry it instead."};
}

std::optional<Refusal> decide_retry(const Question &q, const Policy &policy) {
    const auto &retryable = policy.retryable_statuses;
    if (!q.role_may_retry) return not_allowed(q);
    if (!q.run.ended) return already_running(q);
    if (q.live_retry) return already_retried(q.run, *q.live_retry);
    if (std::find(retryable.begin(), retryable.end(), q.run.status) == retryable.end())
        return state_not_allowed(q, policy);
    if (q.run.attempt > policy.max_attempts) return max_attempts_reached(q, policy);
    return std::nullopt;
}

}  // namespace retry_ledger::core

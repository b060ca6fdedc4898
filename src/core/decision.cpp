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

Refusal override_not_allowed(const Question &q) {
    return {Token::not_allowed,
            format("role {} may not override the limit of {}", q.role, q.run.table),
            {{"run_id", q.run.key}, {"run_table", q.run.table}, {"role", q.role}},
            "The policy of the table lists the roles that may override: see retry_policy.override_roles."};
}

std::string retries(int count) {
    return format("{} {}", count, count == 1 ? "retry" : "retries");
}

Refusal was_voided(const Question &q) {
    return {Token::retry_not_allowed_state,
            format("run {} is void: it was never handed out", q.run.key),
            {{"run_id", q.run.key},
             {"run_table", q.run.table},
             {"current_status", q.run.status},
             {"attempted_status", q.attempted_status}},
            "Retry the run that it was a retry of: that one is free again."};
}

Refusal max_attempts_reached(const Question &q, const Policy &policy) {
    int limit = effective_max_attempts(q, policy);
    const char *who = limit == policy.max_attempts ? "policy" : q.run.max_attempts == limit ? "run" : "call";
    return {
        Token::max_attempts_reached,
        format("run {} is attempt {} and the {} allows {}", q.run.key, q.run.attempt, who, retries(limit)),
        {{"run_id", q.run.key},
         {"run_table", q.run.table},
         {"attempt", std::int64_t{q.run.attempt}},
         {"max_attempts", std::int64_t{limit}}},
        "The limit counts retries along the lineage; set_retry_policy changes it, override_reason => '...' "
        "lifts it for one retry."};
}

Refusal failure_not_retryable(const Question &q, const Policy &policy) {
    return {Token::failure_not_retryable,
            q.run.failure_class
                ? format("run {} failed with class {}", q.run.key, *q.run.failure_class)
                : format("run {} failed with an error that can't be told to be transient", q.run.key),
            {{"run_id", q.run.key},
             {"run_table", q.run.table},
             {"failure_class", optional_text(q.run.failure_class)},
             {"failure_classes", *policy.failure_classes}},
            format("The policy allows a retry of: {}. classify_failure() shows what an error text is.",
                   listed(*policy.failure_classes))};
}

Refusal deadline_passed(const Question &q, const Policy &policy) {
    std::int64_t ended = *q.run.since_end / 1000000, deadline = *policy.deadline / 1000000;
    return {
        Token::failure_not_retryable,
        format("run {} ended {} s ago and the policy allows a retry for {} s", q.run.key, ended, deadline),
        {{"run_id", q.run.key},
         {"run_table", q.run.table},
         {"seconds_since_end", ended},
         {"deadline_seconds", deadline}},
        "What is too old to be retried is started anew, as a run of its own."};
}

Refusal root_budget_exhausted(const Question &q, const Policy &policy) {
    return {Token::budget_exhausted,
            format("the lineage of run {} has used its {}", q.run.key, retries(*policy.retries_per_root)),
            {{"run_id", q.run.key},
             {"run_table", q.run.table},
             {"attempt", std::int64_t{q.run.attempt}},
             {"retries_per_root", std::int64_t{*policy.retries_per_root}}},
            "The budget counts retries of one original run; no override lifts it."};
}

// An override lifts a run's own limit too, also one that is none.
std::optional<Refusal> decide_attempts(const Question &q, const Policy &policy) {
    if (q.cap_override) return std::nullopt;
    if (q.run.max_attempts)
        if (auto refusal = decide_own_limit(*q.run.max_attempts, q.run.key, q.run.table, policy))
            return refusal;
    if (q.run.attempt > effective_max_attempts(q, policy)) return max_attempts_reached(q, policy);
    return std::nullopt;
}

bool contains(const std::vector<std::string> &items, const std::string &item) {
    return std::find(items.begin(), items.end(), item) != items.end();
}

// What concerns the failure itself: nothing that was a success is asked for its class.
std::optional<Refusal> decide_failure(const Question &q, const Policy &policy) {
    if (contains(policy.retryable_statuses, q.run.status) && policy.failure_classes &&
        (!q.run.failure_class || !contains(*policy.failure_classes, *q.run.failure_class)))
        return failure_not_retryable(q, policy);
    if (policy.deadline && q.run.since_end && *q.run.since_end > *policy.deadline)
        return deadline_passed(q, policy);
    return std::nullopt;
}

std::optional<Refusal> decide_budget(const Question &q, const Policy &policy) {
    if (policy.retries_per_root && q.run.attempt > *policy.retries_per_root)
        return root_budget_exhausted(q, policy);
    if (policy.retries_per_tenant && q.tenant_retries && *q.tenant_retries >= *policy.retries_per_tenant)
        return tenant_budget_exhausted(q, policy);
    return std::nullopt;
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

Refusal tenant_budget_exhausted(const Question &q, const Policy &policy) {
    std::int64_t window = policy.tenant_window / 1000000;
    return {Token::budget_exhausted,
            format("{} within {} s are used up", retries(*policy.retries_per_tenant), window),
            {{"run_id", q.run.key},
             {"run_table", q.run.table},
             {"tenant", optional_text(q.tenant)},
             {"retries_per_tenant", std::int64_t{*policy.retries_per_tenant}},
             {"window_seconds", window}},
            "The budget is of the tenant and the table: wait, or have the policy changed."};
}

std::optional<Refusal> decide_retry(const Question &q, const Policy &policy) {
    if (!q.role_may_retry) return not_allowed(q);
    if (q.cap_override && !q.cap_override->role_may) return override_not_allowed(q);
    if (!q.run.ended) return already_running(q);
    if (q.live_retry) return already_retried(q.run, *q.live_retry);
    if (q.run.is_void) return was_voided(q);
    if (!q.any_ended_status && q.run.status != q.partial_status &&
        !contains(policy.retryable_statuses, q.run.status))
        return state_not_allowed(q, policy);
    if (auto refusal = decide_attempts(q, policy)) return refusal;
    if (auto refusal = decide_failure(q, policy)) return refusal;
    if (auto refusal = decide_budget(q, policy)) return refusal;
    if (policy.profile_column && q.profile)
        if (auto refusal = decide_profile(*q.profile, q.tenant, q.run.key, q.run.table, policy))
            return refusal;
    if (q.cost && q.cost->credits > q.cost->available.total())
        return insufficient_credits(q.run.key, q.run.table, q.tenant, *q.cost);
    return std::nullopt;
}

std::optional<Refusal> decide_own_limit(std::int64_t limit, const std::string &run_key,
                                        const std::string &table, const Policy &policy) {
    if (limit >= min_max_attempts && limit <= max_max_attempts) return std::nullopt;
    return Refusal{Token::invalid_max_attempts,
                   format("{} of run {} is {} and may be {} to {}", *policy.max_attempts_column, run_key,
                          limit, min_max_attempts, max_max_attempts),
                   {{"run_id", run_key}, {"run_table", table}, {"max_attempts", limit}},
                   "It counts retries of the run; NULL leaves it to the policy."};
}

const std::vector<std::string> &allowed_profiles(const Policy &policy,
                                                 const std::optional<std::string> &tenant) {
    auto own = tenant ? policy.tenant_profiles.find(*tenant) : policy.tenant_profiles.end();
    return own == policy.tenant_profiles.end() ? policy.profiles : own->second;
}

std::optional<std::string> fallback_profile(const std::optional<std::string> &carried,
                                            const std::optional<std::string> &tenant, const Policy &policy) {
    const std::vector<std::string> &allowed = allowed_profiles(policy, tenant);
    if (!carried || contains(allowed, *carried)) return std::nullopt;
    for (const std::string &profile : policy.profile_fallback)
        if (contains(allowed, profile)) return profile;
    return std::nullopt;
}

std::optional<Refusal> decide_profile(const std::string &profile, const std::optional<std::string> &tenant,
                                      const std::string &run_key, const std::string &table,
                                      const Policy &policy) {
    const std::vector<std::string> &allowed = allowed_profiles(policy, tenant);
    if (contains(allowed, profile)) return std::nullopt;
    return Refusal{Token::model_profile_not_allowed,
                   format("{} {} is not allowed for {}", *policy.profile_column, profile, table),
                   {{"run_id", run_key}, {"run_table", table}, {"profile", profile}, {"profiles", allowed}},
                   format("The policy allows: {}.", listed(allowed))};
}

int effective_max_attempts(const Question &q, const Policy &policy) {
    int least = std::min(policy.max_attempts, q.max_attempts.value_or(policy.max_attempts));
    return static_cast<int>(std::min<std::int64_t>(least, q.run.max_attempts.value_or(least)));
}

}  // namespace retry_ledger::core

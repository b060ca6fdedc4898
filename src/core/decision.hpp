// The one engine that decides whether a run may be retried: plain data in, plain data out.  Triggers and
// functions ask the same question here.
#pragma once

#include <optional>
#include <string>

#include "core/credits.hpp"
#include "core/policy.hpp"
#include "core/refusal.hpp"

namespace retry_ledger::core {

// A run as whoever asks sees it.
struct RunFacts {
    std::string table;  // as on the ledger
    std::string key;
    std::string status;
    bool ended = false;
    int attempt = 1;                           // 1: the original
    std::optional<std::string> failure_class;  // none: it can't be told, or nobody looked
    std::optional<std::int64_t> since_end;     // microseconds; none: not known, or nobody looked
    std::optional<std::int64_t> max_attempts = std::nullopt;  // what the run's own column says
    bool is_void = false;  // a retry that was never handed out: its parent stands
};

struct LiveRetry {
    std::string key;
    std::optional<std::string> status;  // none: whoever asks can't see it
};

// Lifting the cap for one retry: who may is in the policy, why is on the ledger.
struct Override {
    bool role_may = false;
    std::string reason;
};

struct Question {
    RunFacts run;
    std::optional<LiveRetry> live_retry;
    std::string role;
    bool role_may_retry = true;
    std::string attempted_status;               // in which the retry would be born
    std::optional<std::string> partial_status;  // of runs with files: they may also be retried from it
    bool any_ended_status = false;              // also what didn't fail (mode ALL_JOBS)
    std::optional<int> max_attempts;            // of the call or the registry; can't raise the policy's
    std::optional<Override> cap_override;       // of the cap
    std::optional<int> tenant_retries;          // within the policy's window; none: nobody looked
    std::optional<std::string> tenant;
    std::optional<std::string> profile;  // that the retry would have
    std::optional<Cost> cost;            // none: it is free, or is charged at its birth
};

// The first reason against, in the order of the contract; none if the retry may be born.
std::optional<Refusal> decide_retry(const Question &question, const Policy &policy);

// Whether a retry may have this profile: the part of decide_retry that a row written by hand is asked again,
// when it is there.
std::optional<Refusal> decide_profile(const std::string &profile, const std::optional<std::string> &tenant,
                                      const std::string &run_key, const std::string &table,
                                      const Policy &policy);

// The profiles that a tenant's retries may have: its own list, or else that of the policy.
const std::vector<std::string> &allowed_profiles(const Policy &policy,
                                                 const std::optional<std::string> &tenant);

// What a retry has instead of a profile that it would carry over but may not: the first of the policy's
// fallbacks that it may have.  None: it keeps what it carries over, or there is nothing to fall back to.
std::optional<std::string> fallback_profile(const std::optional<std::string> &carried,
                                            const std::optional<std::string> &tenant, const Policy &policy);

// The least of what the policy, the run's own column and the call allow.
int effective_max_attempts(const Question &question, const Policy &policy);

// INVALID_MAX_ATTEMPTS if a run's own limit is none.
std::optional<Refusal> decide_own_limit(std::int64_t limit, const std::string &run_key,
                                        const std::string &table, const Policy &policy);

Refusal run_not_found(const std::string &key, const std::string &table);
Refusal already_retried(const RunFacts &run, const LiveRetry &live);
Refusal tenant_budget_exhausted(const Question &question, const Policy &policy);

}  // namespace retry_ledger::core

// The rules under which runs of a table may be retried.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace retry_ledger::core {

// Texts that match the pattern (RE2) are failures of the class; an empty class means: none can be told.
struct FailureRule {
    std::string pattern, failure_class;
};

// How long the work of a retry waits: base × factor^(retries before it), at most the cap, less a random
// share.
struct Backoff {
    std::int64_t base = 0;            // microseconds; 0: no wait
    std::int64_t factor = 2000;       // thousandths
    std::optional<std::int64_t> cap;  // microseconds
    std::int64_t jitter = 0;          // thousandths: at most this share of the wait is taken off
};

struct Policy {
    int max_attempts = 3;  // retries, the original not counted
    std::vector<std::string> retryable_statuses = {"failed"};
    std::optional<std::vector<std::string>> retry_roles;      // none: whoever may INSERT
    std::optional<std::vector<std::string>> override_roles;   // none: nobody
    std::optional<std::vector<std::string>> failure_classes;  // that may be retried; none: not looked at
    std::vector<FailureRule> failure_rules;                   // in order, before the built-in ones
    std::optional<std::string> profile_column;                // its values must be in `profiles`
    std::vector<std::string> profiles;
    std::map<std::string, std::vector<std::string>> tenant_profiles;  // of a tenant that has its own
    std::vector<std::string> profile_fallback;  // instead of a carried-over one that isn't allowed, in order
    bool audit_transitions = false;             // every change of status is on the ledger, not the end alone
    std::optional<std::vector<std::string>> override_columns;  // that a retry may set; none: not looked at
    Backoff backoff;
    std::optional<std::int64_t> deadline;      // microseconds since the end, after which a run isn't retried
    std::optional<int> retries_per_root;       // over a whole lineage; an override doesn't lift it
    std::optional<int> retries_per_tenant;     // within the window
    std::int64_t tenant_window = 86400000000;  // microseconds
    std::string environment = "prod";          // prod or staging
    std::optional<std::string> max_attempts_column;  // a run's own limit, where it is lower
    // What a retry costs: at most one of the three; none: nothing.  Functions by signature: app.f(jsonb).
    std::optional<std::int64_t> price;
    std::optional<std::string> price_column, price_function;
    std::optional<std::string> charge_function, refund_function;  // the application's own billing

    bool has_price() const { return price || price_column || price_function; }
};

constexpr int min_max_attempts = 1, max_max_attempts = 10;

// What the policy hash is made of: the rules, not who set them.
std::string canonical_bytes(const Policy &policy);

// Microseconds from the birth of a retry to the time at which its work may be handed out.  `attempt` is the
// retry's (2: the first), `chance` between 0 and 1.  Exponential back-off with jitter as in M. Brooker,
// "Exponential Backoff And Jitter" (2015); a jitter of 1 is what is called full jitter there.
std::int64_t backoff_delay(const Backoff &backoff, int attempt, double chance);

// The columns of a run that it names.
std::vector<std::string> columns_of(const Policy &policy);

}  // namespace retry_ledger::core

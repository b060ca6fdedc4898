// Refusals: one contract for functions and triggers alike.
//
// A refusal starts with a stable token, carries an HTTP status (its SQLSTATE is PostgREST's PTxyz), evidence
// (DETAIL, one JSON object) and what to do (HINT).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace retry_ledger::core {

// `Json` is text that is JSON already.
struct Json {
    std::string text;
    bool operator!=(const Json &other) const { return text != other.text; }
};
using Value = std::variant<std::nullptr_t, bool, std::int64_t, std::string, std::vector<std::string>, Json>;
using Evidence = std::vector<std::pair<std::string, Value>>;

enum class Token {
    run_not_found,
    idempotency_key_reused,
    not_allowed,
    target_not_registered,
    job_already_running,
    already_retried,
    retry_not_allowed_state,
    max_attempts_reached,
    failure_not_retryable,
    budget_exhausted,
    model_profile_not_allowed,
    checkpoint_not_found,
    checkpoint_expired,
    checkpoint_invalidated,
    checkpoint_run_ended,
    plan_changed,
    nothing_to_retry,
    insufficient_credits,
    rerun_gone,
    invalid_run_id,
    invalid_run_table,
    invalid_new_run_id,
    invalid_reason,
    invalid_tenant,
    invalid_request_id,
    invalid_on_refusal,
    invalid_overrides,
    invalid_max_attempts,
    invalid_mode,
    invalid_target,
    invalid_policy,
    invalid_price,
    invalid_grant,
    invalid_governance,
    stale_lease,
    work_not_found,
    orchestrator_dispatch_failed,
    invalid_work_queue,
    invalid_work,
    invalid_outcome,
    invalid_request,
    invalid_checkpoint,
};

struct TokenInfo {
    const char *name;
    int http_status;
};

const TokenInfo &token_info(Token token);

struct Refusal {
    Token token;
    std::string message;  // without the token
    Evidence evidence;
    std::string hint;
};

}  // namespace retry_ledger::core

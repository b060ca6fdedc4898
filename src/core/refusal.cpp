#include "core/refusal.hpp"

namespace retry_ledger::core {

const TokenInfo &token_info(Token token) {
    // In the order of the enum.
    static constexpr TokenInfo infos[] = {
        {"RUN_NOT_FOUND", 404},
        {"IDEMPOTENCY_KEY_REUSED", 422},
        {"NOT_ALLOWED", 403},
        {"TARGET_NOT_REGISTERED", 409},
        {"JOB_ALREADY_RUNNING", 409},
        {"ALREADY_RETRIED", 409},
        {"RETRY_NOT_ALLOWED_STATE", 409},
        {"MAX_ATTEMPTS_REACHED", 400},
        {"FAILURE_NOT_RETRYABLE", 409},
        {"BUDGET_EXHAUSTED", 429},
        {"MODEL_PROFILE_NOT_ALLOWED", 422},
        {"CHECKPOINT_NOT_FOUND", 422},
        {"CHECKPOINT_EXPIRED", 422},
        {"CHECKPOINT_INVALIDATED", 422},
        {"CHECKPOINT_RUN_ENDED", 422},
        {"PLAN_CHANGED", 409},
        {"NOTHING_TO_RETRY", 400},
        {"INSUFFICIENT_CREDITS", 402},
        {"RERUN_GONE", 410},
        {"INVALID_RUN_ID", 400},
        {"INVALID_RUN_TABLE", 400},
        {"INVALID_NEW_RUN_ID", 400},
        {"INVALID_REASON", 400},
        {"INVALID_TENANT", 400},
        {"INVALID_REQUEST_ID", 400},
        {"INVALID_ON_REFUSAL", 400},
        {"INVALID_OVERRIDES", 400},
        {"INVALID_MAX_ATTEMPTS", 400},
        {"INVALID_MODE", 400},
        {"INVALID_TARGET", 400},
        {"INVALID_POLICY", 400},
        {"INVALID_PRICE", 400},
        {"INVALID_GRANT", 400},
        {"INVALID_GOVERNANCE", 400},
        {"STALE_LEASE", 409},
        {"WORK_NOT_FOUND", 404},
        {"ORCHESTRATOR_DISPATCH_FAILED", 502},
        {"INVALID_WORK_QUEUE", 400},
        {"INVALID_WORK", 400},
        {"INVALID_OUTCOME", 400},
        {"INVALID_REQUEST", 400},
        {"INVALID_CHECKPOINT", 400},
    };
    return infos[static_cast<int>(token)];
}

}  // namespace retry_ledger::core

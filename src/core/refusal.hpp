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

using Value = std::variant<std::nullptr_t, bool, std::int64_t, std::string, std::vector<std::string>>;
using Evidence = std::vector<std::pair<std::string, Value>>;

enum class Token {
    run_not_found,
    not_allowed,
    job_already_running,
    already_retried,
    retry_not_allowed_state,
    max_attempts_reached,
    rerun_gone,
    invalid_run_id,
    invalid_run_table,
    invalid_new_run_id,
    invalid_reason,
    invalid_tenant,
    invalid_policy,
    invalid_governance,
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

// Tokens and their HTTP statuses are a contract with clients: written out here once more, on purpose.
#include <gtest/gtest.h>

#include <set>

#include "core/refusal.hpp"

using namespace retry_ledger::core;

TEST(Refusal, TokensOfTheContract) {
    const std::vector<std::tuple<Token, std::string, int>> contract = {
        {Token::run_not_found, "RUN_NOT_FOUND", 404},
        {Token::not_allowed, "NOT_ALLOWED", 403},
        {Token::job_already_running, "JOB_ALREADY_RUNNING", 409},
        {Token::already_retried, "ALREADY_RETRIED", 409},
        {Token::retry_not_allowed_state, "RETRY_NOT_ALLOWED_STATE", 409},
        {Token::max_attempts_reached, "MAX_ATTEMPTS_REACHED", 400},
        {Token::rerun_gone, "RERUN_GONE", 410},
        {Token::invalid_run_id, "INVALID_RUN_ID", 400},
        {Token::invalid_run_table, "INVALID_RUN_TABLE", 400},
        {Token::invalid_new_run_id, "INVALID_NEW_RUN_ID", 400},
        {Token::invalid_reason, "INVALID_REASON", 400},
        {Token::invalid_tenant, "INVALID_TENANT", 400},
        {Token::invalid_policy, "INVALID_POLICY", 400},
        {Token::invalid_governance, "INVALID_GOVERNANCE", 400},
    };
    std::set<std::string> names;
    for (const auto &[token, name, status] : contract) {
        EXPECT_EQ(token_info(token).name, name);
        EXPECT_EQ(token_info(token).http_status, status) << name;
        names.insert(name);
    }
    EXPECT_EQ(names.size(), contract.size());
}

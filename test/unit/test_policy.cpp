// Policies: their canonical bytes, and the time that a retry's work waits.
#include <gtest/gtest.h>

#include "core/policy.hpp"

using namespace retry_ledger::core;

TEST(Policy, TheOrderOfAListDoesNotMatter) {
    Policy a, b;
    a.retryable_statuses = {"failed", "timeout"};
    b.retryable_statuses = {"timeout", "failed", "failed"};
    EXPECT_EQ(canonical_bytes(a), canonical_bytes(b));
}

TEST(Policy, EverySettingChangesTheBytes) {
    std::vector<Policy> policies(18);
    policies[1].max_attempts = 4;
    policies[2].retryable_statuses = {"error"};
    policies[3].retry_roles = std::vector<std::string>{};
    policies[4].override_roles = std::vector<std::string>{};
    policies[5].failure_classes = std::vector<std::string>{"a"};
    policies[6].failure_rules = {{"a", "b"}};
    policies[7].failure_rules = {{"b", "a"}};
    policies[8].profile_column = "model";
    policies[9].override_columns = std::vector<std::string>{};
    policies[10].backoff.base = 1;
    policies[11].backoff.factor = 1;
    policies[12].backoff.cap = 1;
    policies[13].backoff.jitter = 1;
    policies[14].deadline = 1;
    policies[15].retries_per_root = 1;
    policies[16].retries_per_tenant = 1;
    policies[17].environment = "staging";
    policies.emplace_back().tenant_window = 1;
    policies.emplace_back().max_attempts_column = "x";
    policies.emplace_back().price = 1;
    policies.emplace_back().price_column = "x";
    policies.emplace_back().price_function = "x";
    policies.emplace_back().charge_function = "x";
    policies.emplace_back().refund_function = "x";
    for (size_t i = 0; i < policies.size(); i++)
        for (size_t j = 0; j < i; j++)
            EXPECT_NE(canonical_bytes(policies[i]), canonical_bytes(policies[j])) << i << " and " << j;
}

TEST(Policy, RulesAreInOrder) {
    Policy a, b;
    a.failure_rules = {{"x", "one"}, {"y", "two"}};
    b.failure_rules = {{"y", "two"}, {"x", "one"}};
    EXPECT_NE(canonical_bytes(a), canonical_bytes(b));
}

TEST(Backoff, GrowsByTheFactorUpToTheCap) {
    Backoff backoff;
    EXPECT_EQ(backoff_delay(backoff, 2, 0.5), 0);
    backoff.base = 1000000;
    EXPECT_EQ(backoff_delay(backoff, 2, 0.5), 1000000);
    EXPECT_EQ(backoff_delay(backoff, 3, 0.5), 2000000);
    EXPECT_EQ(backoff_delay(backoff, 5, 0.5), 8000000);
    backoff.cap = 3000000;
    EXPECT_EQ(backoff_delay(backoff, 5, 0.5), 3000000);
    backoff.factor = 1500;
    EXPECT_EQ(backoff_delay(backoff, 3, 0.5), 1500000);
}

TEST(Backoff, JitterTakesAwayAtMostItsShare) {
    Backoff backoff{1000000, 2000, std::nullopt, 500};
    EXPECT_EQ(backoff_delay(backoff, 2, 0), 1000000);
    EXPECT_EQ(backoff_delay(backoff, 2, 1), 500000);
    EXPECT_EQ(backoff_delay(backoff, 2, 7), 500000);
    backoff.jitter = 1000;
    EXPECT_EQ(backoff_delay(backoff, 2, 1), 0);
}

TEST(Backoff, NeverOverflows) {
    Backoff backoff{std::int64_t{1} << 60, 100000, std::nullopt, 0};
    EXPECT_LE(backoff_delay(backoff, 2000000000, 0), std::int64_t{100} * 365 * 86400 * 1000000);
    EXPECT_GT(backoff_delay(backoff, 2000000000, 0), 0);
}

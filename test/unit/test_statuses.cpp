// What statuses and column names mean that nobody declared.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/names.hpp"
#include "core/statuses.hpp"

using namespace retry_ledger::core;
using Texts = std::vector<std::string>;

TEST(Statuses, ClassifiesInAnyCaseAndInTheOrderOfTheDefaults) {
    Texts unknown;
    Statuses statuses = classify({"Failed", "COMPLETED", "running", "pending", "queued", "odd"}, unknown);
    EXPECT_EQ(statuses.initial, (Texts{"queued", "pending"}));
    EXPECT_EQ(statuses.active, Texts{"running"});
    EXPECT_EQ(statuses.ended, (Texts{"COMPLETED", "Failed"}));
    EXPECT_EQ(unknown, Texts{"odd"});
    EXPECT_EQ(statuses.phase_of("Failed"), Phase::ended);
    EXPECT_FALSE(statuses.contains("failed"));
}

TEST(Statuses, DefaultsHaveOnePhaseEach) {
    Statuses lower = default_statuses(Spelling::lower), upper = default_statuses(Spelling::upper);
    EXPECT_EQ(lower.all().size(), upper.all().size());
    for (const std::string &status : lower.all()) {
        EXPECT_EQ(default_phase(status), lower.phase_of(status)) << status;
        EXPECT_EQ(upper.phase_of(upper_case(status)), lower.phase_of(status)) << status;
    }
    EXPECT_EQ(lower.initial.front(), "queued");
    EXPECT_EQ(lower.ended[0], "completed");
    EXPECT_EQ(lower.ended[1], "failed");
}

TEST(Statuses, VoidIsTheNearestToFailed) {
    Statuses statuses;
    EXPECT_FALSE(default_void_status(statuses));
    statuses.ended = {"completed"};
    EXPECT_FALSE(default_void_status(statuses));
    statuses.ended = {"completed", "lost"};
    EXPECT_EQ(default_void_status(statuses), "lost");
    statuses.ended = {"cancelled", "ERROR"};
    EXPECT_EQ(default_void_status(statuses), "ERROR");
    statuses.ended = {"timeout", "FAILED"};
    EXPECT_EQ(default_void_status(statuses), "FAILED");
}

TEST(Names, Outcomes) {
    for (const char *name : {"error_code", "result", "Output", "duration_ms", "completed_files",
                             "stack_trace", "last_error", "heartbeat", "tokens_used", "exit_code"})
        EXPECT_TRUE(says_outcome(name, false)) << name;
    for (const char *name : {"worker_id", "task", "payload", "input", "priority", "max_retry_count", "region",
                             "due", "created_at"})
        EXPECT_FALSE(says_outcome(name, false)) << name;
    for (const char *name : {"created_at", "started_at", "end_time", "updated"})
        EXPECT_TRUE(says_outcome(name, true)) << name;
    EXPECT_FALSE(says_outcome("deadline", true));
    EXPECT_TRUE(says_birth_time("Created_At"));
    EXPECT_FALSE(says_birth_time("completed_at"));
}

TEST(Names, CamelCaseIsReadAsSnakeCase) {
    EXPECT_EQ(snake_case("createdAt"), "created_at");
    EXPECT_EQ(snake_case("TenantID"), "tenant_id");
    EXPECT_EQ(snake_case("HTTPStatusCode"), "http_status_code");
    EXPECT_EQ(snake_case("sha256Sum"), "sha256_sum");
    EXPECT_EQ(snake_case("Created_At"), "created_at");
    EXPECT_EQ(snake_case("ID"), "id");
    EXPECT_EQ(snake_case(""), "");
    EXPECT_EQ(camel_case("created_at"), "createdAt");
    for (const char *name : {"createdAt", "startedAt", "finishedAt", "lockedAt"})
        EXPECT_TRUE(says_outcome(name, true)) << name;
    for (const char *name :
         {"errorMessage", "lockedBy", "exitCode", "durationMs", "outputData", "retryCount"})
        EXPECT_TRUE(says_outcome(name, false)) << name;
    for (const char *name : {"maxTokens", "outputFormat", "prompt", "scheduledAt"})
        EXPECT_FALSE(says_outcome(name, true)) << name;
    EXPECT_TRUE(says_birth_time("createdAt"));
    EXPECT_EQ(attempt_base("retryAttempt"), 0);
}

TEST(Names, WhatIsAskedForIsNoOutcome) {
    for (const char *name : {"max_tokens",
                             "max_output_tokens",
                             "messages",
                             "output_format",
                             "output_bucket",
                             "output_type",
                             "log_level",
                             "completed_webhook",
                             "error_webhook",
                             "expected_output",
                             "store_result",
                             "max_duration",
                             "stop_on_error",
                             "notify_on_failure",
                             "fail_fast",
                             "ignore_errors",
                             "heartbeat_interval",
                             "lock_timeout",
                             "catalog_id",
                             "logistics",
                             "exits",
                             "blogs",
                             "_"})
        EXPECT_FALSE(says_outcome(name, false)) << name;
    for (const char *name : {"scheduled_at", "expires_at", "token_expires_at", "starts_at", "run_at",
                             "due_at", "valid_until", "expected_end_at"})
        EXPECT_FALSE(says_outcome(name, true)) << name;
    for (const char *name : {"prompt_tokens", "error_level", "log_path", "result_url", "webhook_response",
                             "failed_on", "last_heartbeat_age", "completed_files"})
        EXPECT_TRUE(says_outcome(name, false)) << name;
    for (const char *name :
         {"expired_at", "last_run_at", "next_retry_at", "lease_expires_at", "heartbeat_at"})
        EXPECT_TRUE(says_outcome(name, true)) << name;
}

TEST(Names, EachRoleHasNamesOfItsOwn) {
    for (RowsOf rows : {RowsOf::runs, RowsOf::files}) {
        Texts all;
        for (Role role : roles)
            if (has_role(rows, role))
                for (const std::string &name : conventional_names(rows, role)) all.push_back(name);
        std::sort(all.begin(), all.end());
        EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
    }
    EXPECT_EQ(attempt_base("attempt"), 1);
    EXPECT_EQ(attempt_base("retry_attempt"), 0);
}

TEST(Files, AStatusSaysOpenCompletedFailedOrError) {
    const Texts ended = {"OK", "failed", "rejected"}, retried = {"failed", "new"}, successes = {"OK"};
    EXPECT_EQ(file_state("new", ended, retried, successes), FileState::open);
    EXPECT_EQ(file_state("busy", ended, retried, successes), FileState::open);
    EXPECT_EQ(file_state("OK", ended, retried, successes), FileState::completed);
    EXPECT_EQ(file_state("failed", ended, retried, successes), FileState::failed);
    EXPECT_EQ(file_state("rejected", ended, retried, successes), FileState::error);
}

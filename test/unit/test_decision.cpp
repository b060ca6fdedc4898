// The engine: may this run be retried?  By table, and for every combination of facts.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/decision.hpp"
#include "core/json.hpp"

using namespace retry_ledger::core;

namespace {

Question failed_run() {
    Question q;
    q.run = {"public.runs", "42", "failed", true, 1};
    q.role = "alice";
    q.attempted_status = "queued";
    return q;
}

std::string answer(const Question &q, const Policy &policy = {}) {
    std::optional<Refusal> refusal = decide_retry(q, policy);
    return refusal ? token_info(refusal->token).name : "yes";
}

}  // namespace

TEST(Decision, AFailedRunMayBeRetried) {
    EXPECT_EQ(answer(failed_run()), "yes");
}

TEST(Decision, ByStatus) {
    struct Case {
        const char *status;
        bool ended;
        std::vector<std::string> retryable;
        const char *answer;
    };
    const Case cases[] = {
        {"queued", false, {"failed"}, "JOB_ALREADY_RUNNING"},
        {"running", false, {"failed", "running"}, "JOB_ALREADY_RUNNING"},
        {"completed", true, {"failed"}, "RETRY_NOT_ALLOWED_STATE"},
        {"timeout", true, {"failed"}, "RETRY_NOT_ALLOWED_STATE"},
        {"timeout", true, {"failed", "timeout"}, "yes"},
        {"FAILED", true, {"failed"}, "RETRY_NOT_ALLOWED_STATE"},
        {"failed", true, {}, "RETRY_NOT_ALLOWED_STATE"},
    };
    for (const Case &c : cases) {
        Question q = failed_run();
        q.run.status = c.status;
        q.run.ended = c.ended;
        Policy policy;
        policy.retryable_statuses = c.retryable;
        EXPECT_EQ(answer(q, policy), c.answer) << c.status;
    }
}

TEST(Decision, LimitsCountRetriesNotTheOriginal) {
    for (int limit = min_max_attempts; limit <= max_max_attempts; limit++) {
        for (int attempt = 1; attempt <= limit + 2; attempt++) {
            Question q = failed_run();
            q.run.attempt = attempt;
            Policy policy;
            policy.max_attempts = limit;
            EXPECT_EQ(answer(q, policy), attempt <= limit ? "yes" : "MAX_ATTEMPTS_REACHED");
        }
    }
}

TEST(Decision, NamesTheLiveRetryAndItsStatusIfItCanBeSeen) {
    Question q = failed_run();
    q.live_retry = LiveRetry{"43", "running"};
    std::optional<Refusal> refusal = decide_retry(q, {});
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->message, "run 42 is already retried by run 43");
    EXPECT_EQ(to_json(refusal->evidence), R"({"run_id": "42", "run_table": "public.runs", )"
                                          R"("retry_run_id": "43", "retry_status": "running"})");
    q.live_retry->status.reset();
    EXPECT_EQ(to_json(decide_retry(q, {})->evidence),
              R"({"run_id": "42", "run_table": "public.runs", "retry_run_id": "43", "retry_status": null})");
}

// Of all reasons that apply, the first in the order of the contract is given; none applies: yes.
TEST(Decision, FirstReasonOfTheContractForEveryCombination) {
    for (int facts = 0; facts < 32; facts++) {
        bool forbidden = facts & 1, running = facts & 2, retried = facts & 4, wrong_state = facts & 8,
             worn_out = facts & 16;
        Question q = failed_run();
        q.role_may_retry = !forbidden;
        q.run.ended = !running;
        if (retried) q.live_retry = LiveRetry{"43", std::nullopt};
        if (wrong_state) q.run.status = "completed";
        if (worn_out) q.run.attempt = 4;
        std::string expected = forbidden     ? "NOT_ALLOWED"
                               : running     ? "JOB_ALREADY_RUNNING"
                               : retried     ? "ALREADY_RETRIED"
                               : wrong_state ? "RETRY_NOT_ALLOWED_STATE"
                               : worn_out    ? "MAX_ATTEMPTS_REACHED"
                                             : "yes";
        EXPECT_EQ(answer(q), expected) << facts;
        // The same question has the same answer.
        EXPECT_EQ(answer(q), answer(q));
    }
}

TEST(Decision, EachRefusalSaysWhichRunAndWhatToDo) {
    for (int facts = 1; facts < 32; facts *= 2) {
        Question q = failed_run();
        q.role_may_retry = facts != 1;
        q.run.ended = facts != 2;
        if (facts == 4) q.live_retry = LiveRetry{"43", std::nullopt};
        if (facts == 8) q.run.status = "completed";
        if (facts == 16) q.run.attempt = 4;
        std::optional<Refusal> refusal = decide_retry(q, {});
        ASSERT_TRUE(refusal);
        EXPECT_FALSE(refusal->message.empty());
        EXPECT_FALSE(refusal->hint.empty());
        EXPECT_EQ(refusal->hint.back(), '.');
        EXPECT_NE(refusal->message.back(), '.');
        EXPECT_EQ(to_json(refusal->evidence).rfind(R"({"run_id": "42", "run_table": "public.runs")", 0), 0u);
    }
}

TEST(Decision, UnknownRun) {
    Refusal refusal = run_not_found("42", "public.runs");
    EXPECT_EQ(refusal.token, Token::run_not_found);
    EXPECT_EQ(refusal.message, "run 42 does not exist");
}

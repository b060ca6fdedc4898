// The engine: may this run be retried?  By table, and for every combination of facts.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/decision.hpp"
#include "core/json.hpp"

using namespace retry_ledger::core;

namespace {

Question failed_run() {
    Question q;
    q.run = {"public.runs", "42", "failed", true, 1, std::nullopt, std::nullopt};
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

TEST(Decision, AVoidRetryIsntRetried) {
    Question q = failed_run();
    q.run.is_void = true;
    EXPECT_EQ(answer(q), "RETRY_NOT_ALLOWED_STATE");
    q.any_ended_status = true;
    EXPECT_EQ(answer(q), "RETRY_NOT_ALLOWED_STATE");
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

TEST(Decision, ByFailureClass) {
    Policy policy;
    Question q = failed_run();
    EXPECT_EQ(answer(q, policy), "yes");  // not listed: not looked at
    policy.failure_classes = {"infra_transient", "flaky_probable"};
    EXPECT_EQ(answer(q, policy), "FAILURE_NOT_RETRYABLE");  // unsure is not retried
    q.run.failure_class = "infra_transient";
    EXPECT_EQ(answer(q, policy), "yes");
    q.run.failure_class = "deterministic";
    EXPECT_EQ(answer(q, policy), "FAILURE_NOT_RETRYABLE");
    EXPECT_EQ(decide_retry(q, policy)->message, "run 42 failed with class deterministic");
}

TEST(Decision, ASuccessHasNoFailureToLookAt) {
    Policy policy;
    policy.failure_classes = {"infra_transient"};
    Question q = failed_run();
    q.run.status = "completed";
    EXPECT_EQ(answer(q, policy), "RETRY_NOT_ALLOWED_STATE");
    q.any_ended_status = true;
    EXPECT_EQ(answer(q, policy), "yes");
    q.run.ended = false;
    EXPECT_EQ(answer(q, policy), "JOB_ALREADY_RUNNING");
}

TEST(Decision, ByDeadline) {
    Policy policy;
    policy.deadline = 3600000000;
    Question q = failed_run();
    EXPECT_EQ(answer(q, policy), "yes");
    q.run.since_end = 3600000000;
    EXPECT_EQ(answer(q, policy), "yes");
    q.run.since_end = 3600000001;
    EXPECT_EQ(answer(q, policy), "FAILURE_NOT_RETRYABLE");
    EXPECT_EQ(decide_retry(q, policy)->message,
              "run 42 ended 3600 s ago and the policy allows a retry for 3600 s");
}

TEST(Decision, AnOverrideLiftsTheCapAndNothingElse) {
    Question q = failed_run();
    q.run.attempt = 4;
    EXPECT_EQ(answer(q), "MAX_ATTEMPTS_REACHED");
    q.cap_override = Override{false, "please"};
    EXPECT_EQ(answer(q), "NOT_ALLOWED");
    q.cap_override = Override{true, "agreed with the customer"};
    EXPECT_EQ(answer(q), "yes");
    Policy policy;
    policy.retries_per_root = 3;
    EXPECT_EQ(answer(q, policy), "BUDGET_EXHAUSTED");
    policy.retries_per_root.reset();
    policy.failure_classes = {"infra_transient"};
    EXPECT_EQ(answer(q, policy), "FAILURE_NOT_RETRYABLE");
}

TEST(Decision, ACallCanLowerTheCapAndNotRaiseIt) {
    Question q = failed_run();
    q.run.attempt = 2;
    q.max_attempts = 1;
    EXPECT_EQ(answer(q), "MAX_ATTEMPTS_REACHED");
    EXPECT_EQ(decide_retry(q, {})->message, "run 42 is attempt 2 and the call allows 1 retry");
    q.run.attempt = 4;
    q.max_attempts = 10;
    EXPECT_EQ(answer(q), "MAX_ATTEMPTS_REACHED");
}

TEST(Decision, ARunsOwnLimitCanLowerTheCapAndNotRaiseIt) {
    Policy policy;
    policy.max_attempts_column = "max_retry_count";
    Question q = failed_run();
    q.run.attempt = 3;
    q.run.max_attempts = 2;
    EXPECT_EQ(answer(q, policy), "MAX_ATTEMPTS_REACHED");
    EXPECT_NE(decide_retry(q, policy)->message.find("the run allows 2 retries"), std::string::npos);
    q.run.max_attempts = 10;
    EXPECT_EQ(answer(q, policy), "yes");
    q.run.attempt = 4;
    EXPECT_EQ(answer(q, policy), "MAX_ATTEMPTS_REACHED");
    for (std::int64_t none : {-1, 0, 11}) {
        q.run.max_attempts = none;
        EXPECT_EQ(answer(q, policy), "INVALID_MAX_ATTEMPTS");
    }
    q.cap_override = Override{true, "why"};
    EXPECT_EQ(answer(q, policy), "yes");
}

TEST(Decision, CreditsAreTheLastQuestion) {
    Policy policy;
    policy.profile_column = "model";
    policy.profiles = {"small"};
    Question q = failed_run();
    q.cost = Cost{3, {1, 1}};
    q.profile = "huge";
    EXPECT_EQ(answer(q, policy), "MODEL_PROFILE_NOT_ALLOWED");
    q.profile = "small";
    EXPECT_EQ(answer(q, policy), "INSUFFICIENT_CREDITS");
    q.cost->available.purchased = 2;
    EXPECT_EQ(answer(q, policy), "yes");
}

TEST(Decision, ByTenantBudget) {
    Policy policy;
    policy.retries_per_tenant = 5;
    Question q = failed_run();
    q.tenant_retries = 4;
    EXPECT_EQ(answer(q, policy), "yes");
    q.tenant_retries = 5;
    EXPECT_EQ(answer(q, policy), "BUDGET_EXHAUSTED");
    EXPECT_EQ(token_info(Token::budget_exhausted).http_status, 429);
}

TEST(Decision, ByProfile) {
    Policy policy;
    policy.profile_column = "model";
    policy.profiles = {"small", "big"};
    Question q = failed_run();
    EXPECT_EQ(answer(q, policy), "yes");
    q.profile = "big";
    EXPECT_EQ(answer(q, policy), "yes");
    q.profile = "huge";
    EXPECT_EQ(answer(q, policy), "MODEL_PROFILE_NOT_ALLOWED");
}

namespace {

// Random facts and policies: small numbers, so that every border is met often.
class Random {
public:
    int below(int n) { return static_cast<int>(state() % n); }
    bool coin() { return below(2) == 1; }
    std::string one_of(const std::vector<std::string> &items) {
        return items[below(static_cast<int>(items.size()))];
    }
    std::vector<std::string> some_of(const std::vector<std::string> &items) {
        std::vector<std::string> some;
        for (const std::string &item : items)
            if (coin()) some.push_back(item);
        return some;
    }

private:
    std::uint64_t state() {  // xorshift64*, Marsaglia 2003 and Vigna 2016
        x_ ^= x_ >> 12;
        x_ ^= x_ << 25;
        x_ ^= x_ >> 27;
        return (x_ * 0x2545F4914F6CDD1DULL) >> 33;
    }
    std::uint64_t x_ = 20261121;
};

const std::vector<std::string> statuses = {"queued", "running", "completed", "failed", "timeout", "error"};
const std::vector<std::string> classes = {"infra_transient", "flaky_probable", "deterministic"};

Question random_question(Random &random) {
    Question q = failed_run();
    q.run.status = random.one_of(statuses);
    q.run.ended = q.run.status != "queued" && q.run.status != "running";
    q.run.attempt = 1 + random.below(6);
    if (random.coin()) q.run.failure_class = random.one_of(classes);
    if (random.coin()) q.run.since_end = random.below(5);
    if (random.below(4) == 0) q.live_retry = LiveRetry{"43", std::nullopt};
    q.role_may_retry = random.below(8) != 0;
    q.any_ended_status = random.below(4) == 0;
    if (random.coin()) q.max_attempts = 1 + random.below(5);
    if (random.below(4) == 0) q.cap_override = Override{random.coin(), "why"};
    if (random.coin()) q.tenant_retries = random.below(5);
    if (random.coin()) q.profile = random.one_of({"small", "big", "huge"});
    if (random.coin()) q.run.max_attempts = random.below(7);
    if (random.coin()) q.cost = Cost{random.below(4), {random.below(3), random.below(3)}};
    return q;
}

Policy random_policy(Random &random) {
    Policy policy;
    policy.max_attempts = 1 + random.below(5);
    policy.max_attempts_column = "limit";
    policy.retryable_statuses = random.some_of({"completed", "failed", "timeout", "error"});
    if (random.coin()) policy.failure_classes = random.some_of(classes);
    if (random.coin()) policy.deadline = random.below(5);
    if (random.coin()) policy.retries_per_root = 1 + random.below(5);
    if (random.coin()) policy.retries_per_tenant = 1 + random.below(5);
    if (random.coin()) {
        policy.profile_column = "model";
        policy.profiles = {"small", "big"};
    }
    return policy;
}

bool has(const std::vector<std::string> &items, const std::string &item) {
    return std::find(items.begin(), items.end(), item) != items.end();
}

}  // namespace

// What a yes means, whatever the facts: each property on its own, not the engine written again.
TEST(Decision, PropertiesOfAYes) {
    Random random;
    int yes = 0;
    for (int i = 0; i < 200000; i++) {
        Question q = random_question(random);
        Policy policy = random_policy(random);
        std::string said = answer(q, policy);
        ASSERT_EQ(said, answer(q, policy));  // deterministic
        if (said != "yes") continue;
        yes++;
        ASSERT_TRUE(q.run.ended && !q.live_retry && q.role_may_retry);
        ASSERT_TRUE(q.any_ended_status || has(policy.retryable_statuses, q.run.status));
        if (!q.cap_override) {
            ASSERT_LE(q.run.attempt, policy.max_attempts);
            if (q.max_attempts) {
                ASSERT_LE(q.run.attempt, *q.max_attempts);
            }
            if (q.run.max_attempts) {
                ASSERT_LE(q.run.attempt, *q.run.max_attempts);
            }
        } else {
            ASSERT_TRUE(q.cap_override->role_may);
        }
        if (policy.failure_classes && has(policy.retryable_statuses, q.run.status)) {
            ASSERT_TRUE(q.run.failure_class && has(*policy.failure_classes, *q.run.failure_class));
        }
        if (policy.retries_per_root) {
            ASSERT_LE(q.run.attempt, *policy.retries_per_root);
        }
        if (policy.retries_per_tenant && q.tenant_retries) {
            ASSERT_LT(*q.tenant_retries, *policy.retries_per_tenant);
        }
        if (q.cost) {
            ASSERT_LE(q.cost->credits, q.cost->available.total());
        }
    }
    EXPECT_GT(yes, 1000);
}

// A refusal stays one when the rules become stricter.
TEST(Decision, StricterRulesNeverAllowMore) {
    Random random;
    for (int i = 0; i < 100000; i++) {
        Question q = random_question(random);
        Policy policy = random_policy(random), stricter = policy;
        stricter.max_attempts = std::max(1, policy.max_attempts - 1);
        if (!policy.failure_classes) stricter.failure_classes = {"infra_transient"};
        if (!policy.retries_per_root) stricter.retries_per_root = 2;
        if (answer(q, policy) != "yes") {
            ASSERT_NE(answer(q, stricter), "yes");
        }
    }
}

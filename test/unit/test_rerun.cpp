// Bounded reruns: what each job is told, what the call is told, and the document.
#include <gtest/gtest.h>

#include "core/rerun.hpp"

using namespace retry_ledger::core;

namespace {

Policy ci_policy() {
    Policy policy;
    policy.retryable_statuses = {"failure", "timed_out"};
    return rerun_policy(policy);
}

Question job(const std::string &status, bool ended, std::optional<std::string> failure_class = std::nullopt) {
    Question q;
    q.run = {"public.ci_jobs", "7", status, ended, 1, std::move(failure_class), std::nullopt};
    return q;
}

std::string told(const Question &q, const Policy &policy = ci_policy()) {
    Verdict verdict = judge(q, policy);
    return std::string(action_name(verdict.action)) + " " + verdict.reason_code;
}

Job listed(const std::string &name, const std::string &key, Action action, const std::string &reason) {
    Job result;
    result.name = name;
    result.key = key;
    result.status = "failure";
    result.verdict = {action, reason, std::nullopt};
    return result;
}

}  // namespace

TEST(Rerun, OnlyPassingFailuresAreRerun) {
    EXPECT_EQ(told(job("failure", true, "flaky_probable")), "RERUN flaky_probable");
    EXPECT_EQ(told(job("timed_out", true, "infra_transient")), "RERUN infra_transient");
    EXPECT_EQ(told(job("failure", true, "code")), "BLOCKED failure_not_retryable");
    EXPECT_EQ(told(job("failure", true)), "BLOCKED failure_not_retryable");
}

TEST(Rerun, ThePolicysOwnClassesComeFirst) {
    Policy policy = ci_policy();
    policy.failure_classes = {{"out_of_memory"}};
    policy = rerun_policy(policy);
    EXPECT_EQ(told(job("failure", true, "out_of_memory"), policy), "RERUN out_of_memory");
    EXPECT_EQ(told(job("failure", true, "flaky_probable"), policy), "BLOCKED failure_not_retryable");
}

TEST(Rerun, NothingToDoIsSkipped) {
    EXPECT_EQ(told(job("queued", false)), "SKIP job_running");
    EXPECT_EQ(told(job("success", true)), "SKIP job_succeeded");
    EXPECT_EQ(told(job("cancelled", true)), "SKIP status_not_retryable");
    Question retried = job("failure", true, "flaky_probable");
    retried.live_retry = LiveRetry{"8", "queued"};
    EXPECT_EQ(told(retried), "SKIP already_retried");
}

TEST(Rerun, AllJobsRerunsSuccessesAndStillNoHopelessFailures) {
    Question success = job("success", true);
    success.any_ended_status = true;
    EXPECT_EQ(told(success), "RERUN all_jobs");
    Question failure = job("failure", true, "code");
    failure.any_ended_status = true;
    EXPECT_EQ(told(failure), "BLOCKED failure_not_retryable");
}

TEST(Rerun, LimitsAndBudgetsBlock) {
    Question q = job("failure", true, "flaky_probable");
    q.max_attempts = 2;
    q.run.attempt = 2;
    EXPECT_EQ(told(q), "RERUN flaky_probable");
    q.run.attempt = 3;
    EXPECT_EQ(told(q), "BLOCKED max_attempts_reached");
    Policy policy = ci_policy();
    policy.retries_per_tenant = 5;
    q.run.attempt = 1;
    q.tenant_retries = 5;
    EXPECT_EQ(told(q, policy), "BLOCKED budget_exhausted");
}

TEST(Rerun, OneRerunDecidesThenOneBlock) {
    RerunAnswer answer;
    answer.jobs = {listed("a", "1", Action::skip, "job_succeeded")};
    EXPECT_EQ(outcome_of(answer).decision, "NOOP");
    answer.jobs.push_back(listed("b", "2", Action::blocked, "budget_exhausted"));
    EXPECT_EQ(outcome_of(answer).decision, "BLOCKED");
    answer.jobs.push_back(listed("c", "3", Action::rerun, "infra_transient"));
    answer.jobs.push_back(listed("d", "4", Action::rerun, "flaky_probable"));
    answer.jobs.push_back(listed("e", "5", Action::rerun, "infra_transient"));
    Outcome outcome = outcome_of(answer);
    EXPECT_EQ(outcome.decision, "RERUN_TRIGGERED");
    EXPECT_EQ(outcome.reasons, (std::vector<std::string>{"flaky_probable", "infra_transient"}));
    EXPECT_EQ(outcome.rerun, 3);
    EXPECT_EQ(outcome.blocked, 1);
    EXPECT_EQ(outcome.skipped, 1);
}

TEST(Rerun, TheDocument) {
    RerunAnswer answer;
    answer.policy_hash = "ab";
    answer.environment = "prod";
    answer.target = {{"prNumber", std::int64_t{7}}, {"runId", nullptr}};
    answer.jobs = {listed("lint", "1", Action::rerun, "flaky_probable")};
    answer.jobs[0].new_key = "2";
    EXPECT_EQ(
        to_json(answer),
        R"({"schemaVersion": "1.0", "requestId": null, "lawbookHash": "ab", "deploymentEnv": "prod", )"
        R"("target": {"prNumber": 7, "runId": null}, "decision": "RERUN_TRIGGERED", )"
        R"("reasons": ["flaky_probable"], "jobs": [{"jobName": "lint", "jobId": "1", )"
        R"("priorConclusion": "failure", "action": "RERUN", "attemptNumber": 2, )"
        R"("reasonCode": "flaky_probable", "newJobId": "2"}], "metadata": {"totalJobs": 1, "rerunJobs": 1, )"
        R"("blockedJobs": 0, "skippedJobs": 0}, "dryRun": false, "replayed": false})");
    answer.jobs.clear();
    answer.nothing_to_decide = "no_run_id";
    EXPECT_NE(to_json(answer).find(R"("decision": "NOOP", "reasons": ["no_run_id"], "jobs": [])"),
              std::string::npos);
}

TEST(Rerun, JobsByNameThenKeyNumbersAsNumbers) {
    std::vector<Job> jobs = {listed("b", "1", Action::skip, ""), listed("a", "10", Action::skip, ""),
                             listed("a", "9", Action::skip, ""), listed("a", "x", Action::skip, ""),
                             listed("a", "1a", Action::skip, "")};
    sort_jobs(jobs);
    std::string keys;
    for (const Job &j : jobs) keys += j.key + " ";
    EXPECT_EQ(keys, "9 10 1a x 1 ");
}

TEST(Rerun, WhatSaysThatTheWorkIsDone) {
    for (const char *status : {"success", "completed", "succeeded", "done", "passed", "COMPLETED"})
        EXPECT_TRUE(says_success(status, {"failed"})) << status;
    for (const char *status :
         {"failure", "FAILED", "timed_out", "cancelled", "skipped", "aborted", "error", "neutral"})
        EXPECT_FALSE(says_success(status, {"failed"})) << status;
    EXPECT_FALSE(says_success("done", {"done"}));
}

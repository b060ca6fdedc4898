#include "core/rerun.hpp"

#include <algorithm>
#include <set>

#include "core/json.hpp"
#include "core/names.hpp"
#include "core/statuses.hpp"

namespace retry_ledger::core {

namespace {

// What a status contains, in lower case, if the run didn't do its work.
constexpr std::string_view failure_words[] = {
    "fail",  "error", "timeout", "timed_out", "timed out", "cancel",  "skip",   "abort", "kill",
    "crash", "lost",  "reject",  "stale",     "neutral",   "expired", "denied", "dead",  "action_required"};

bool contains(const std::vector<std::string> &items, const std::string &item) {
    return std::find(items.begin(), items.end(), item) != items.end();
}

bool is_number(const std::string &text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Json job_json(const Job &job) {
    bool rerun = job.verdict.action == Action::rerun;
    Evidence evidence = {{"jobName", job.name},
                         {"jobId", job.key},
                         {"priorConclusion", job.status},
                         {"action", std::string(action_name(job.verdict.action))},
                         {"attemptNumber", std::int64_t{job.attempt + (rerun ? 1 : 0)}},
                         {"reasonCode", job.verdict.reason_code}};
    if (job.new_key) evidence.push_back({"newJobId", *job.new_key});
    return {to_json(evidence)};
}

Json jobs_json(const std::vector<Job> &jobs) {
    std::string list = "[";
    for (const Job &job : jobs) {
        if (list.size() > 1) list += ", ";
        list += job_json(job).text;
    }
    return {list + "]"};
}

}  // namespace

std::optional<Mode> mode_of(const std::string &name) {
    for (Mode mode : {Mode::failed_only, Mode::all_jobs})
        if (name == mode_name(mode)) return mode;
    return std::nullopt;
}

const char *mode_name(Mode mode) {
    return mode == Mode::failed_only ? "FAILED_ONLY" : "ALL_JOBS";
}

const char *action_name(Action action) {
    return action == Action::rerun ? "RERUN" : action == Action::skip ? "SKIP" : "BLOCKED";
}

Verdict judge(const Question &question, const Policy &policy) {
    std::optional<Refusal> refusal = decide_retry(question, policy);
    if (!refusal) {
        bool failed = contains(policy.retryable_statuses, question.run.status);
        return {Action::rerun, failed ? question.run.failure_class.value_or("failed") : "all_jobs",
                std::nullopt};
    }
    switch (refusal->token) {
        case Token::job_already_running:
            return {Action::skip, "job_running", std::move(refusal)};
        case Token::already_retried:
            return {Action::skip, "already_retried", std::move(refusal)};
        case Token::retry_not_allowed_state:
            return {Action::skip,
                    says_success(question.run.status, policy.retryable_statuses) ? "job_succeeded"
                                                                                 : "status_not_retryable",
                    std::move(refusal)};
        default:
            return blocked(std::move(*refusal));
    }
}

Verdict blocked(Refusal refusal) {
    std::string code = lower_case(token_info(refusal.token).name);
    return {Action::blocked, std::move(code), std::move(refusal)};
}

Verdict retried_elsewhere(const char *reason_code) {
    return {Action::skip, reason_code, std::nullopt};
}

Policy rerun_policy(const Policy &policy) {
    Policy result = policy;
    if (!result.failure_classes) result.failure_classes = {"flaky_probable", "infra_transient"};
    return result;
}

// Not numbers among other texts: the order would go in circles.
bool key_before(const std::string &a, const std::string &b) {
    bool a_number = is_number(a), b_number = is_number(b);
    if (a_number != b_number) return a_number;
    if (a_number && a.size() != b.size()) return a.size() < b.size();
    return a < b;
}

// Pointers are sorted, and each job is moved once.
void sort_jobs(std::vector<Job> &jobs) {
    std::vector<Job *> order;
    for (Job &job : jobs) order.push_back(&job);
    std::sort(order.begin(), order.end(), [](const Job *a, const Job *b) {
        if (a->name != b->name) return a->name < b->name;
        return key_before(a->key, b->key);
    });
    std::vector<Job> sorted;
    sorted.reserve(jobs.size());
    for (Job *job : order) sorted.push_back(std::move(*job));
    jobs = std::move(sorted);
}

Outcome outcome_of(const RerunAnswer &answer) {
    if (answer.error) return {"BLOCKED", {answer.error_code}, 0, 0, 0};
    if (answer.nothing_to_decide) return {"NOOP", {*answer.nothing_to_decide}, 0, 0, 0};
    Outcome outcome;
    for (const Job &job : answer.jobs) {
        Action action = job.verdict.action;
        (action == Action::rerun     ? outcome.rerun
         : action == Action::blocked ? outcome.blocked
                                     : outcome.skipped)++;
    }
    Action deciding = outcome.rerun > 0     ? Action::rerun
                      : outcome.blocked > 0 ? Action::blocked
                                            : Action::skip;
    outcome.decision = deciding == Action::rerun     ? "RERUN_TRIGGERED"
                       : deciding == Action::blocked ? "BLOCKED"
                                                     : "NOOP";
    std::set<std::string> reasons;
    for (const Job &job : answer.jobs)
        if (job.verdict.action == deciding) reasons.insert(job.verdict.reason_code);
    outcome.reasons.assign(reasons.begin(), reasons.end());
    return outcome;
}

std::string to_json(const RerunAnswer &answer) {
    Outcome outcome = outcome_of(answer);
    auto text = [](const std::optional<std::string> &value) -> Value {
        if (value && !value->empty()) return *value;
        return nullptr;
    };
    Evidence document = {
        {"schemaVersion", std::string("1.0")},
        {"requestId", text(answer.request_id)},
        {"lawbookHash", text(answer.policy_hash)},
        {"deploymentEnv", text(answer.environment)},
        {"target", Json{to_json(answer.target)}},
        {"decision", outcome.decision},
        {"reasons", outcome.reasons},
        {"jobs", jobs_json(answer.jobs)},
        {"metadata", Json{to_json({{"totalJobs", static_cast<std::int64_t>(answer.jobs.size())},
                                   {"rerunJobs", outcome.rerun},
                                   {"blockedJobs", outcome.blocked},
                                   {"skippedJobs", outcome.skipped}})}},
        {"dryRun", answer.dry_run},
        {"replayed", false}};
    if (answer.error) document.push_back({"error", *answer.error});
    return to_json(document);
}

bool says_success(const std::string &status, const std::vector<std::string> &retryable_statuses) {
    if (contains(retryable_statuses, status)) return false;
    if (is_success(status)) return true;
    std::string lower = lower_case(status);
    return std::none_of(std::begin(failure_words), std::end(failure_words),
                        [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

}  // namespace retry_ledger::core

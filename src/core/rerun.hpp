// Bounded reruns of many jobs at once: what each job is told, and the document in which a call is answered.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/decision.hpp"

namespace retry_ledger::core {

enum class Mode { failed_only, all_jobs };
std::optional<Mode> mode_of(const std::string &name);
const char *mode_name(Mode mode);

enum class Action { rerun, skip, blocked };
const char *action_name(Action action);

// What one job is told and why.  `refusal`: what stood against it.
struct Verdict {
    Action action = Action::skip;
    std::string reason_code;
    std::optional<Refusal> refusal;
};

// Asks the engine.  Nothing to do is a SKIP (it runs, it succeeded), a rule against is BLOCKED.
Verdict judge(const Question &question, const Policy &policy);

// A rule that isn't the engine's stands against it.
Verdict blocked(Refusal refusal);

// A job that another session or another target of the same call has retried.
Verdict retried_elsewhere(const char *reason_code);

// The policy under which jobs are rerun: failures whose class can't be told, or isn't a passing one, are
// never rerun in bulk, whatever the table's policy leaves open.
Policy rerun_policy(const Policy &policy);

struct Job {
    std::string name, key, status;
    int attempt = 1;  // its own
    Verdict verdict;
    std::optional<std::string> tenant, failure_class;
    std::optional<std::string> new_key;  // of the run that was born
};

// Keys in one order for all calls: numbers as numbers, before other texts.
bool key_before(const std::string &a, const std::string &b);

// By name, then by key: the order in which a document lists jobs.
void sort_jobs(std::vector<Job> &jobs);

// One target of one call, with what became of it.
struct RerunAnswer {
    std::optional<std::string> request_id;
    std::string policy_hash;  // hexadecimal; empty: no table was found
    std::string environment;
    Evidence target;  // prNumber, runId, the target's own columns
    bool dry_run = false;
    std::vector<Job> jobs;                         // sorted
    std::optional<std::string> nothing_to_decide;  // why there are no jobs: no_run_id, no_jobs
    std::optional<Json> error;                     // a refusal of the target as a whole
    std::string error_code;                        // its token
};

struct Outcome {
    std::string decision;  // RERUN_TRIGGERED, BLOCKED or NOOP
    std::vector<std::string> reasons;
    std::int64_t rerun = 0, blocked = 0, skipped = 0;
};

// One rerun makes it RERUN_TRIGGERED, else one block makes it BLOCKED, else it is a NOOP.  The reasons are
// those of the jobs that made it so, each once, sorted.
Outcome outcome_of(const RerunAnswer &answer);

// The document, schemaVersion 1.0.
std::string to_json(const RerunAnswer &answer);

// Whether the status in which a run ended says that its work is done: a status that may be retried isn't, nor
// is one whose name says that it failed, was stopped or was never run.
bool says_success(const std::string &status, const std::vector<std::string> &retryable_statuses);

}  // namespace retry_ledger::core

// The jobs of a target: the runs that match it as the caller sees them, one of each lineage, each decided.
//
// Read and decided a batch at a time: a run's live retry, its place in its lineage and its tenant's budget
// are looked up for a whole batch, and the engine is asked in memory.
#pragma once

#include <set>
#include <unordered_set>

#include "core/rerun.hpp"
#include "credits/credits.hpp"
#include "retry/retry.hpp"
#include "retry/target.hpp"
#include "work/check.hpp"

namespace retry_ledger::retry {

// Which runs are meant: the target's, and if the caller named a tenant, of these only the tenant's.
struct Scope {
    Target target;
    std::optional<std::string> tenant;
};

// The newest workflow run among the scope's originals: by the time of their birth if the table has one, else
// by its greatest id.  Nothing if the caller sees none.
std::optional<TargetColumn> newest_workflow_run(const govern::Governed &table, const Scope &scope);

constexpr const char *workflow_run_column = "workflow_run_id", *pull_request_column = "pr_number";

// What a call decides with.
struct Terms {
    Request request;          // without a run; its reason is the verdict's
    core::Policy policy;      // the one in force, as bulk reruns read it
    core::Evidence evidence;  // goes with each retry
    Purpose purpose = Purpose::retry;
};

struct DecidedJobs {
    std::vector<core::Job> jobs;  // in no particular order
    std::vector<Decided> accepted;
    std::set<std::string> pull_requests;  // of these jobs, as JSON; not looked at if the target names it
};

// Decides the jobs of one scope after the other.
class JobDecider {
public:
    JobDecider(const pg::Home &home, govern::Governed &table);

    // A job of an earlier scope is skipped.  Within a SpiScope.
    DecidedJobs decide(const Scope &scope, const Terms &terms);

private:
    struct Batch;
    void look_up(Batch &batch);
    void decide_job(const Batch &batch, VisibleRun &run, DecidedJobs &result);
    core::Verdict judge(const Batch &batch, VisibleRun &run);
    void load_budgets(const Batch &batch);
    void load_prices(Batch &batch);
    core::Verdict judge_cost(const Batch &batch, const VisibleRun &run, core::Verdict verdict);
    void check_jobs(DecidedJobs &result);
    void note_pull_request(const VisibleRun &run, DecidedJobs &result);

    const pg::Home &home_;
    govern::Governed &table_;
    const Terms *terms_ = nullptr;
    core::Question question_;
    std::string name_column_;
    Oid pull_request_type_;
    bool note_pull_requests_ = false;
    std::vector<work::Candidate> to_check_;    // of the batch, for the application's check function
    std::vector<size_t> to_check_jobs_;        // their places in DecidedJobs
    std::unordered_set<std::string> decided_;  // keys of earlier scopes
    std::map<std::optional<std::string>, int> budget_used_;         // retries of each tenant, these included
    std::map<std::optional<std::string>, core::Balance> balances_;  // of each tenant, less what these cost
};

}  // namespace retry_ledger::retry

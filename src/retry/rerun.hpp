// rerun_failed_jobs, in four steps: what was asked for and whether it may be (prepare), what becomes of each
// job and the new runs (decide_and_insert), the ledger (record), and the document (rerun.cpp).
#pragma once

#include "retry/idempotency.hpp"
#include "retry/jobs.hpp"
#include "retry/refused.hpp"
#include "retry/registry.hpp"

namespace retry_ledger::retry {

// The call as it was made.
struct RerunCall {
    WrittenTargets targets;
    core::Mode mode = core::Mode::failed_only;
    int max_attempts = 2;
    std::optional<std::string> request_id, tenant;
    bool dry_run = false;
    Oid run_table = InvalidOid;
    OnRefusal on_refusal = OnRefusal::raise;
};

// One target of it.
struct RerunPart {
    std::string call_id;  // on the ledger
    Scope scope;          // with the workflow run, if one was found
    std::optional<TargetColumn> workflow_run;
    bool no_run = false;  // none was found where one is needed
    std::optional<int> max_attempts;
    std::optional<core::Refusal> refusal;  // of the target as a whole, where refusals are recorded
    std::vector<core::Job> jobs;
    std::optional<std::string> pull_request;  // as JSON
};

struct PreparedRerun {
    govern::GovernedRef table;
    core::Policy policy;
    std::vector<RerunPart> parts;
    std::optional<IdempotentCall> idempotent;
};

// Fills `call` from the function's arguments and `prepared` with what they mean; takes the locks that make
// equal calls queue.  Raises what refuses the call as a whole, in the order of the contract.  Within a
// SpiScope.
void prepare(const pg::Home &home, FunctionCallInfo fcinfo, RerunCall &call, PreparedRerun &prepared);

// Decides all jobs of all targets and, unless it is a dry run, inserts their retries as one statement.
void decide_and_insert(const pg::Home &home, const RerunCall &call, PreparedRerun &prepared);

// The answer for one target; its jobs are sorted.
core::RerunAnswer answer_of(const RerunCall &call, const PreparedRerun &prepared, const RerunPart &part,
                            std::vector<core::Job> jobs);

// An entry for each job that wasn't rerun (the birth of a retry has left its own), and one for the call.
void record(const pg::Home &home, const RerunCall &call, const PreparedRerun &prepared, const RerunPart &part,
            const core::RerunAnswer &answer);

// {code, httpStatus, message, detail, hint}
core::Json error_json(const RecordedRefusal &refusal);

}  // namespace retry_ledger::retry

// A call that retries one run, whichever function it was: arguments, requests that are answered once,
// refusals that are recorded, one row as the answer.
#pragma once

#include "retry/arguments.hpp"
#include "retry/refused.hpp"
#include "retry/retry.hpp"

namespace retry_ledger::retry {

struct Call;

struct Answer {
    std::optional<std::string> original_run_id, retry_run_id, status, original_status, reason, dispatch_id;
    std::optional<std::string> resume_from_status, checkpoint_ref, model_profile;
    std::optional<int> attempt;
    std::string decision = "accepted";
    bool replayed = false;
    std::optional<std::string> detail;  // JSON
    int http_status = 202;
};

// What a function does, once it is known that the request is a new one.
using Act = Answer (*)(const pg::Home &home, RunReference &run, const Call &call);

// The call as it was made.
struct Call {
    std::optional<std::string> run_id, new_run_id, request_id, plan, overrides;
    Oid run_table = InvalidOid;
    OnRefusal on_refusal = OnRefusal::raise;
    Request request;
    const char *function = nullptr;
    Act act = nullptr;
};

// INVALID_NEW_RUN_ID for a key that can't be one, or where one is needed.
void check_new_run_id(const govern::Governed &table, const std::optional<std::string> &new_run_id);

// Inserts the run that was decided on.  `accepted` gets the time until which its work waits.
Answer insert_decided(const pg::Home &home, RunReference &run, const Call &call, Accepted &accepted);

// INVALID_RUN_TABLE for runs that have files.
void refuse_files(const govern::Governed &table);

// The body of the SQL function; its arguments are those of retry_run, in that order.
Datum answer_call(FunctionCallInfo fcinfo, const char *function, Act act);

}  // namespace retry_ledger::retry

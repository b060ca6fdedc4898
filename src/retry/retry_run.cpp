// retry_run and rerun_run: what a caller sees of a retry.  Arguments in, one row or a refusal out; the rules
// are the engine's and the triggers'.
#include "core/keys.hpp"
#include "retry/call.hpp"
#include "retry/plan.hpp"

namespace retry_ledger::retry {

namespace {

Answer retry_one(const pg::Home &home, RunReference &run, const Call &call) {
    refuse_files(*run.table);
    Accepted accepted = decide(home, *run.table, call.request);
    if (call.plan)
        require_plan(*call.plan, plan_hash(*run.table, accepted.decided, call.request), accepted.decided,
                     *run.table);
    return insert_decided(home, run, call, accepted);
}

}  // namespace

}  // namespace retry_ledger::retry

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(retry_run) {
    return pg::entry([&] { return retry::answer_call(fcinfo, "retry_run", retry::retry_one); });
}

RETRY_LEDGER_FUNCTION(rerun_run) {
    return pg::entry([&]() -> Datum {
        std::string run_id = pg::any_argument(fcinfo, 0).value_or("NULL");
        throw pg::to_error(core::Refusal{
            core::Token::rerun_gone,
            "a run is never run again in place",
            {{"run_id", core::shortened(run_id)}, {"use", std::string("retry_run")}},
            core::format("Create a linked retry instead: SELECT * FROM retry_run({}, reason => '...').",
                         pg::quote_literal(core::shortened(run_id)))});
    });
}

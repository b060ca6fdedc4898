// retry_run and rerun_run: what a caller sees of a retry.  Arguments in, one row or a refusal out; the rules
// are the engine's and the triggers'.
#include "core/keys.hpp"
#include "retry/resolve.hpp"
#include "retry/retry.hpp"

namespace retry_ledger::retry {

namespace {

using core::Refusal;
using core::Token;

constexpr size_t max_reason_bytes = 10000;

std::string checked_reason(const std::optional<std::string> &reason) {
    if (!reason || reason->empty())
        throw pg::to_error(Refusal{Token::invalid_reason,
                                   "the reason is empty",
                                   {},
                                   "Say why the run is retried, or leave reason out."});
    if (reason->size() > max_reason_bytes)
        throw pg::to_error(
            Refusal{Token::invalid_reason,
                    core::format("the reason has {} bytes and may have {}", reason->size(), max_reason_bytes),
                    {{"bytes", static_cast<std::int64_t>(reason->size())}},
                    "Keep long evidence elsewhere and name it in the reason."});
    return *reason;
}

void check_new_run_id(const govern::Governed &table, const std::optional<std::string> &new_run_id) {
    if (new_run_id && new_run_id->empty())
        throw pg::to_error(Refusal{Token::invalid_new_run_id,
                                   "new_run_id is empty",
                                   {},
                                   "Pass an id that no run has, or leave it out."});
    if (new_run_id) (void)parse_key(table, *new_run_id, Token::invalid_new_run_id);
    if (!new_run_id && table.new_key.view() == "caller")
        throw pg::to_error(Refusal{Token::invalid_new_run_id,
                                   core::format("ids of {} have no default", table.table_name.view()),
                                   {{"run_table", table.table_name.string()}},
                                   "Pass new_run_id => '...'."});
}

struct Answer {
    VisibleRun parent;
    BornRun born;
    std::string reason;
};

Answer retry_one(const pg::Home &home, RunReference &run, const Request &request,
                 const std::optional<std::string> &new_run_id) {
    Accepted accepted = decide(home, *run.table, request);
    check_new_run_id(*run.table, new_run_id);
    FunctionDecisions context;
    context.add(run.table->root, accepted.decided);
    BornRun born = insert_retry(*run.table, {accepted.parent, request.key, request.reason, new_run_id});
    return {std::move(accepted.parent), std::move(born), request.reason};
}

// One row, in the order of the OUT parameters.
void return_row(FunctionCallInfo fcinfo, const Answer &answer) {
    Datum values[13] = {
        pg::text_datum(answer.parent.key),
        pg::text_datum(answer.born.key),
        Int32GetDatum(answer.born.attempt),
        pg::text_datum(answer.born.status),
        pg::text_datum(answer.parent.status),
        pg::text_datum(answer.reason),
        pg::text_datum("accepted"),
        BoolGetDatum(false),
        0,
        0,
        0,
        0,
        0,
    };
    bool nulls[13] = {false, false, false, false, false, false, false, false, true, true, true, true, true};
    pg::pg_call([&] {
        auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    });
}

}  // namespace

}  // namespace retry_ledger::retry

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(retry_run) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        std::optional<std::string> run_id = pg::any_argument(fcinfo, 0);
        retry::Request request;
        request.reason = retry::checked_reason(pg::text_argument(fcinfo, 1));
        request.tenant = pg::text_argument(fcinfo, 3);
        std::optional<std::string> new_run_id = pg::text_argument(fcinfo, 4);

        pg::SpiScope spi;
        retry::RunReference run =
            retry::resolve_run(home, run_id, PG_ARGISNULL(2) ? InvalidOid : PG_GETARG_OID(2));
        retry::require_privilege(*run.table, ACL_SELECT);
        retry::require_privilege(*run.table, ACL_INSERT);
        retry::check_tenant_argument(*run.table, request.tenant);
        request.key = run.key;
        request.key_text = run.text;
        retry::return_row(fcinfo, retry::retry_one(home, run, request, new_run_id));
        return Datum(0);
    });
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

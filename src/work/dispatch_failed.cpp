// dispatch_failed: a retry that couldn't be handed out is void.  Its row ends, its parent is free again, what
// it was charged is given back.
//
// The answer is a row, never an error: an error would undo the void.  Over HTTP it is 502 all the same.
#include "checkpoint/checkpoint.hpp"
#include "core/failure.hpp"
#include "core/json.hpp"
#include "core/keys.hpp"
#include "credits/credits.hpp"
#include "files/run_state.hpp"
#include "ledger/ledger.hpp"
#include "pg/subtransaction.hpp"
#include "retry/arguments.hpp"
#include "retry/link.hpp"
#include "retry/refused.hpp"
#include "retry/retry.hpp"
#include "work/work.hpp"

namespace retry_ledger::work {

namespace {

using core::Token;
using govern::Governed;
using MaybeText = std::optional<std::string>;

// In the order of dispatch_failed's arguments.
struct Call {
    MaybeText run_id;
    std::string reason;
    Oid run_table = InvalidOid;
    MaybeText tenant, error;
    retry::OnRefusal on_refusal = retry::OnRefusal::raise;
};

Call read_call(FunctionCallInfo fcinfo) {
    Call call;
    call.run_id = pg::any_argument(fcinfo, 0);
    call.reason = pg::text_argument(fcinfo, 1).value_or("");
    if (!PG_ARGISNULL(2)) call.run_table = PG_GETARG_OID(2);
    call.tenant = pg::text_argument(fcinfo, 3);
    call.error = pg::text_argument(fcinfo, 4);
    call.on_refusal = retry::on_refusal_argument(fcinfo, 5);
    return call;
}

struct Answer {
    std::string run_id;
    MaybeText original, status, refund;
    std::optional<TimestampTz> voided_at;
    std::string code = "ORCHESTRATOR_DISPATCH_FAILED", detail = "{}";
};

// Once: none for whoever comes second.
std::optional<TimestampTz> void_link(const pg::Home &home, const Governed &table, const std::string &key) {
    TimestampTz now = GetCurrentTimestamp();
    pg::AsRole owner(home.owner);
    pg::Rows rows = pg::write_latest(
        core::format("UPDATE {}.retry SET voided_at = $3 WHERE run_table = $1 AND retry_key = $2"
                     " AND voided_at IS NULL RETURNING 1",
                     pg::schema_name(home)),
        {pg::text_param(table.table_name.view()), pg::text_param(key), time_param(now)});
    if (rows.empty()) return std::nullopt;
    return now;
}

[[noreturn]] void refuse(Token token, const Governed &table, const std::string &key,
                         const std::string &message, const MaybeText &status, const std::string &hint) {
    core::Evidence evidence = {{"run_id", core::shortened(key)}, {"run_table", table.table_name.string()}};
    if (status) evidence.push_back({"current_status", core::shortened(*status)});
    throw pg::to_error(core::Refusal{token, message, std::move(evidence), hint});
}

[[noreturn]] void refuse_unseen_run(const Governed &table, const std::string &key) {
    throw pg::to_error(core::run_not_found(key, table.table_name.string()));
}

[[noreturn]] void refuse_handed_out(const Governed &table, const std::string &key,
                                    const std::string &status) {
    refuse(Token::job_already_running, table, key,
           core::format("run {} was handed out: it can't be void", core::shortened(key)), status,
           "Report how it ended instead, or let its lease run out.");
}

std::vector<Item> unclaimed_items(const pg::Home &home, const Governed &table, const retry::VisibleRun &run) {
    std::vector<Item> items = lock_run_items(home, table.table_name.string(), run.key);
    for (const Item &item : items)
        if (item.claimed_at) refuse_handed_out(table, run.key, run.status);
    return items;
}

// It, or a file of it, was started and put back to where it was born, or has said how far it has got.
bool was_started(const pg::Home &home, const Governed &table, const std::string &key) {
    if (checkpoint::has_artifact(home, table, key)) return true;
    pg::AsRole owner(home.owner);
    return !pg::run_latest(core::format("SELECT FROM {0}.ledger_entry WHERE run_table = $1 AND run_key = $2"
                                        " AND action = 'put_back' UNION ALL SELECT FROM {0}.checkpoint"
                                        " WHERE run_table = $1 AND run_key = $2 LIMIT 1",
                                        pg::schema_name(home)),
                           {pg::text_param(table.table_name.view()), pg::text_param(key)})
                .empty();
}

// In which status it had ended, if it had.
MaybeText end_row(const pg::Home &home, Governed &table, const retry::VisibleRun &run,
                  const std::string &error) {
    Move move{table.void_status.string(), error_columns(table), std::nullopt, From::unstarted};
    if (table.work != nullptr) move.stamp = table.work->finished_column;
    Moved moved = move_rows(home, table, move, {{run.key, error_outcome(table, error)}});
    if (!moved.active.empty()) refuse_handed_out(table, run.key, moved.active.begin()->second);
    if (!moved.unseen.empty()) refuse_unseen_run(table, run.key);
    if (moved.ended.empty()) return std::nullopt;
    return moved.ended.begin()->second;
}

void record(const pg::Home &home, const Governed &table, const retry::VisibleRun &run,
            const retry::Link &link, const Call &call, const std::string &error) {
    ledger::Entry entry;
    entry.action = "voided";
    entry.run_table = table.table_name.string();
    entry.run_key = run.key;
    entry.tenant = run.tenant;
    entry.attempt = link.attempt;
    entry.reason_code = call.reason;
    entry.prior_status = run.status;
    entry.failure_class = std::string(core::not_dispatched_class);
    entry.policy_hash = table.policy_hash;
    entry.evidence = {{"original_run_id", link.parent_key}, {"error", error}};
    ledger::append(home, entry);
}

// The link first: the end of the run is then known as that of a void retry.
TimestampTz void_retry(const pg::Home &home, Governed &table, const retry::VisibleRun &run,
                       const retry::Link &link, const Call &call, const std::string &error) {
    std::optional<TimestampTz> at = void_link(home, table, run.key);
    if (!at) {
        auto by_others = retry::find_link(home, table, retry::LinkBy::retry, run.key);
        if (!by_others || !by_others->voided_at) refuse_unseen_run(table, run.key);  // released meanwhile
        return *by_others->voided_at;
    }
    if (MaybeText ended = end_row(home, table, run, std::string(core::not_dispatched) + error))
        refuse(Token::retry_not_allowed_state, table, run.key,
               core::format("run {} has ended: it can't be void", core::shortened(run.key)), ended,
               "What ended is a fact.");
    // Looked at when nobody can begin one any more, and no file can be born that would be work.
    if (auto begun = files::begun_file(home, table, run.key)) refuse_handed_out(table, run.key, *begun);
    if (was_started(home, table, run.key)) refuse_handed_out(table, run.key, run.status);
    const std::vector<Item> items = unclaimed_items(home, table, run);
    std::vector<ItemEnd> ends;
    for (const Item &item : items) ends.push_back({&item, "void", table.void_status.string()});
    end_items(home, ends);
    record(home, table, run, link, call, error);
    return *at;
}

// The void stands, whatever becomes of the refund: the first error is the one to report.
void give_back(const pg::Home &home, Governed &table, const Call &call, const std::string &error,
               Answer &answer) {
    auto failure = credits::try_refund(home, table, answer.run_id, std::string(core::not_dispatched) + error);
    answer.refund = failure ? "failed" : "done";
    core::Evidence detail = {{"run_id", answer.run_id},
                             {"run_table", table.table_name.string()},
                             {"error", error},
                             {"reason", call.reason}};
    if (failure) detail.push_back({"refund_error", failure->message});
    answer.detail = core::to_json({{"code", answer.code},
                                   {"http_status", std::int64_t{502}},
                                   {"message", core::format("{}: {}", answer.code, error)},
                                   {"detail", core::Json{core::to_json(detail)}},
                                   {"hint", std::string("The original may be retried again.")}});
}

// Refused before anything is looked at.
retry::RunReference resolve(const pg::Home &home, const Call &call) {
    retry::check_reason(call.reason);
    if (call.error) retry::check_reason(*call.error);
    retry::RunReference run = retry::resolve_run(home, call.run_id, call.run_table);
    retry::require_privileges(*run.table, "SELECT");
    retry::check_tenant_argument(*run.table, call.tenant);
    return run;
}

Answer void_run(const pg::Home &home, const Call &call) {
    retry::RunReference reference = resolve(home, call);
    Governed &table = *reference.table;
    retry::Request request;
    request.key = reference.key;
    request.key_text = reference.text;
    request.tenant = call.tenant;
    retry::VisibleRun seen = retry::visible_run(table, request);
    const std::string key = seen.key;
    (void)unclaimed_items(home, table, seen);  // work is locked before its row, as workers do
    std::optional<retry::VisibleRun> still_seen = retry::find_run(table, request.key, pg::See::latest);
    if (!still_seen) refuse_unseen_run(table, key);  // it can't go, but policies may hide it by now
    const retry::VisibleRun &run = *still_seen;
    std::optional<retry::Link> link = retry::find_link(home, table, retry::LinkBy::retry, key);
    if (!link)
        refuse(Token::retry_not_allowed_state, table, key,
               core::format("run {} isn't a retry: there is nothing to void", core::shortened(key)),
               run.status, "Only a retry that was never handed out can be void.");
    std::string error = call.error.value_or(call.reason);
    Answer answer;
    answer.run_id = key;
    answer.original = link->parent_key;
    answer.voided_at = link->voided_at ? link->voided_at : void_retry(home, table, run, *link, call, error);
    answer.status = link->voided_at ? run.status : table.void_status.string();
    give_back(home, table, call, error, answer);
    return answer;
}

Answer refused(const pg::Home &home, const Call &call, const pg::Error &error) {
    if (!retry::is_refusal(error)) throw error;
    retry::RefusedCall refused;
    refused.function = "dispatch_failed";
    if (OidIsValid(call.run_table)) refused.run_table = pg::qualified_name(call.run_table);
    if (call.run_id) refused.run_key = core::shortened(*call.run_id);
    retry::RecordedRefusal recorded = retry::record_refusal(home, refused, error);
    Answer answer;
    answer.run_id = refused.run_key.value_or("");
    answer.code = recorded.code;
    answer.detail = recorded.json;
    return answer;
}

Answer answer_call(const pg::Home &home, const Call &call) {
    if (call.on_refusal == retry::OnRefusal::raise) return void_run(home, call);
    Answer answer;
    auto failure = pg::try_in_subtransaction(pg::AtEnd::commit, [&] { answer = void_run(home, call); });
    if (failure) return refused(home, call, *failure);
    retry::set_response_status(core::token_info(Token::orchestrator_dispatch_failed).http_status);
    return answer;
}

// In the order of dispatch_failed's OUT parameters.
void return_answer(FunctionCallInfo fcinfo, const Answer &answer) {
    retry::RowBuilder row;
    row.text(answer.run_id);
    row.text(answer.original);
    row.text(answer.status);
    row.time(answer.voided_at);
    row.text(answer.refund);
    row.text(answer.code);
    row.json(answer.detail);
    row.put(fcinfo);
}

}  // namespace

}  // namespace retry_ledger::work

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(dispatch_failed) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        work::Call call = work::read_call(fcinfo);
        pg::SpiScope spi;
        work::return_answer(fcinfo, work::answer_call(home, call));
        return Datum(0);
    });
}

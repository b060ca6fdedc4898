// rerun_failed_jobs: the call as a whole, and its answer.
#include "retry/rerun.hpp"

#include "pg/subtransaction.hpp"

namespace retry_ledger::retry {

namespace {

// As many documents as there are targets; one, if the call had one.
std::string joined(const std::vector<std::string> &documents, bool is_array) {
    if (!is_array) return documents.front();
    std::string list = "[";
    for (const std::string &document : documents) list += (list.size() > 1 ? ", " : "") + document;
    return list + "]";
}

std::string replayed(const std::string &answer) {
    return pg::run(
               "SELECT CASE pg_catalog.jsonb_typeof($1) WHEN 'array' THEN (SELECT pg_catalog.jsonb_agg("
               " d OPERATOR(pg_catalog.||) '{\"replayed\": true}' ORDER BY n)"
               " FROM pg_catalog.jsonb_array_elements($1) WITH ORDINALITY AS e(d, n))"
               " ELSE $1 OPERATOR(pg_catalog.||) '{\"replayed\": true}' END",
               {pg::jsonb_param(answer)})
        .string(0, 1);
}

struct Answered {
    std::string json;
    int http_status = 200;
};

void record_part(const pg::Home &home, const RerunCall &call, const PreparedRerun &prepared,
                 const RerunPart &part, const core::RerunAnswer &answer) {
    if (part.refusal) {
        RefusedCall refused;
        refused.function = "rerun_failed_jobs";
        refused.run_table = prepared.table->table_name.string();
        refused.tenant = call.tenant;
        refused.request_id = call.request_id;
        refused.policy_hash = prepared.table->policy_hash;
        (void)record_refusal(home, refused, pg::to_error(*part.refusal));
    }
    record(home, call, prepared, part, answer);
}

// 202 if a job is rerun; of a single target that is refused, the refusal's.
int http_status_of(const PreparedRerun &prepared, const std::vector<core::RerunAnswer> &answers) {
    for (const core::RerunAnswer &answer : answers)
        if (core::outcome_of(answer).rerun > 0) return 202;
    const auto &refusal = prepared.parts.front().refusal;
    return prepared.parts.size() == 1 && refusal ? core::token_info(refusal->token).http_status : 200;
}

Answered rerun(const pg::Home &home, const RerunCall &call, PreparedRerun &prepared) {
    if (prepared.idempotent && prepared.idempotent->answer())
        return {replayed(*prepared.idempotent->answer()), 200};
    decide_and_insert(home, call, prepared);
    std::vector<core::RerunAnswer> answers;
    std::vector<std::string> documents;
    for (RerunPart &part : prepared.parts) {
        answers.push_back(answer_of(call, prepared, part, std::move(part.jobs)));
        if (!call.dry_run) record_part(home, call, prepared, part, answers.back());
        documents.push_back(core::to_json(answers.back()));
    }
    Answered answered{joined(documents, call.targets.is_array), http_status_of(prepared, answers)};
    if (prepared.idempotent) prepared.idempotent->keep(answered.json);
    return answered;
}

// The call as a whole was refused: one document says so.
Answered refused(const pg::Home &home, const RerunCall &call, const PreparedRerun &prepared,
                 const pg::Error &error) {
    if (!is_refusal(error)) throw error;
    RecordedRefusal refusal = refusal_of(error);
    core::RerunAnswer answer;
    if (prepared.table && !prepared.parts.empty())
        answer = answer_of(call, prepared, prepared.parts.front(), {});
    else
        answer.target = {{"prNumber", nullptr}, {"runId", nullptr}};
    answer.request_id = call.request_id;
    answer.dry_run = call.dry_run;
    answer.jobs.clear();
    answer.error = error_json(refusal);
    answer.error_code = refusal.code;
    if (!call.dry_run) {
        RefusedCall recorded;
        recorded.function = "rerun_failed_jobs";
        if (prepared.table) {
            recorded.run_table = prepared.table->table_name.string();
            recorded.policy_hash = prepared.table->policy_hash;
        }
        recorded.tenant = call.tenant;
        recorded.request_id = call.request_id;
        (void)record_refusal(home, recorded, error);
    }
    return {joined({core::to_json(answer)}, call.targets.is_array), refusal.http_status};
}

// Two subtransactions: what the first one locks must stay locked when the second one is undone.
Answered rerun_recording_refusals(const pg::Home &home, FunctionCallInfo fcinfo, RerunCall &call) {
    PreparedRerun prepared;
    Answered answered;
    auto failure =
        pg::try_in_subtransaction(pg::AtEnd::commit, [&] { prepare(home, fcinfo, call, prepared); });
    bool locked = !failure;
    if (locked)
        failure =
            pg::try_in_subtransaction(pg::AtEnd::commit, [&] { answered = rerun(home, call, prepared); });
    if (failure) answered = refused(home, call, prepared, *failure);
    if (failure && locked && prepared.idempotent) prepared.idempotent->keep(answered.json);
    set_response_status(answered.http_status);
    return answered;
}

Answered rerun_or_raise(const pg::Home &home, FunctionCallInfo fcinfo, RerunCall &call) {
    PreparedRerun prepared;
    try {
        prepare(home, fcinfo, call, prepared);
        return rerun(home, call, prepared);
    } catch (pg::Error &error) {
        if (prepared.table) govern::add_subject(error, *prepared.table, call.tenant);
        error.about.request_id = call.request_id.value_or("");
        throw;
    }
}

}  // namespace

}  // namespace retry_ledger::retry

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(rerun_failed_jobs) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        retry::RerunCall call;
        call.on_refusal = retry::on_refusal_argument(fcinfo, 7);
        std::string json;
        {
            pg::SpiScope spi;  // around the subtransactions: the targets' values outlive them
            json = call.on_refusal == retry::OnRefusal::record
                       ? retry::rerun_recording_refusals(home, fcinfo, call).json
                       : retry::rerun_or_raise(home, fcinfo, call).json;
        }
        return pg::input_datum(JSONBOID, -1, json);
    });
}

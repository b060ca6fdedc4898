#include "retry/call.hpp"

#include "core/canonical.hpp"
#include "core/json.hpp"
#include "core/keys.hpp"
#include "pg/subtransaction.hpp"
#include "retry/idempotency.hpp"
#include "retry/link.hpp"
#include "work/enqueue.hpp"

namespace retry_ledger::retry {

namespace {

using core::Refusal;
using core::Token;

constexpr int resume_argument_index = 11;  // of retry_run alone: files go on by themselves

// In the order of retry_run's arguments.
Call read_call(FunctionCallInfo fcinfo) {
    Call call;
    call.run_id = pg::any_argument(fcinfo, 0);
    call.request.reason = pg::text_argument(fcinfo, 1).value_or("");
    if (!PG_ARGISNULL(2)) call.run_table = PG_GETARG_OID(2);
    call.request.tenant = pg::text_argument(fcinfo, 3);
    call.new_run_id = pg::text_argument(fcinfo, 4);
    call.request_id = pg::text_argument(fcinfo, 5);
    call.on_refusal = on_refusal_argument(fcinfo, 6);
    call.plan = pg::text_argument(fcinfo, 7);
    call.overrides = json_argument(fcinfo, 10);
    return call;
}

// What can be refused about the arguments themselves.
void check_call(FunctionCallInfo fcinfo, Call &call) {
    check_reason(call.request.reason);
    check_request_id(call.request_id);
    call.request.max_attempts = max_attempts_argument(fcinfo, 8);
    call.request.override_reason = reason_argument(fcinfo, 9);
    if (PG_NARGS() > resume_argument_index)
        call.request.resume = resume_argument(fcinfo, resume_argument_index);
}

// What makes two requests the same: all of it but the plan that was seen and how a refusal is to be told.
std::string fingerprint(const Call &call, const std::string &run_key) {
    std::vector<core::Field> fields = {{"function", core::Tag::text, call.function},
                                       {"run_id", core::Tag::text, run_key},
                                       {"reason", core::Tag::text, call.request.reason}};
    auto add = [&](const char *name, const std::optional<std::string> &value) {
        if (value) fields.push_back({name, core::Tag::text, *value});
    };
    add("new_run_id", call.new_run_id);
    add("override_reason", call.request.override_reason);
    add("overrides", call.overrides);
    if (call.request.resume) add("resume", call.request.resume->id.value_or("latest"));
    if (call.request.max_attempts)
        fields.push_back(
            {"max_attempts", core::Tag::integer, core::encode_int64(*call.request.max_attempts)});
    return core::canonical_bytes("retry_ledger.request", 1, fields);
}

// As it is kept for a request_id.
std::string to_json(const Answer &answer) {
    auto value = [](const std::optional<std::string> &text) -> core::Value {
        if (text) return *text;
        return nullptr;
    };
    return core::to_json(
        {{"original_run_id", value(answer.original_run_id)},
         {"retry_run_id", value(answer.retry_run_id)},
         {"attempt", answer.attempt ? core::Value{std::int64_t{*answer.attempt}} : core::Value{nullptr}},
         {"status", value(answer.status)},
         {"original_status", value(answer.original_status)},
         {"reason", value(answer.reason)},
         {"decision", answer.decision},
         {"dispatch_id", value(answer.dispatch_id)},
         {"resume_from_status", value(answer.resume_from_status)},
         {"checkpoint_ref", value(answer.checkpoint_ref)},
         {"model_profile", value(answer.model_profile)},
         {"detail", core::Json{answer.detail.value_or("null")}},
         {"http_status", std::int64_t{answer.http_status}}});
}

Answer replay(const std::string &json) {
    pg::Rows rows = pg::run(
        "SELECT original_run_id, retry_run_id, attempt, status, original_status, reason, decision, "
        "detail::text,"
        " http_status, dispatch_id, resume_from_status, checkpoint_ref, model_profile FROM "
        "pg_catalog.jsonb_to_record($1) AS answer(original_run_id "
        "pg_catalog.text,"
        " retry_run_id pg_catalog.text, attempt pg_catalog.int4, status pg_catalog.text,"
        " original_status pg_catalog.text, reason pg_catalog.text, decision pg_catalog.text,"
        " detail pg_catalog.jsonb, http_status pg_catalog.int4, dispatch_id pg_catalog.text,"
        " resume_from_status pg_catalog.text, checkpoint_ref pg_catalog.text, model_profile pg_catalog.text)",
        {pg::jsonb_param(json)});
    Answer answer;
    answer.original_run_id = rows.text(0, 1);
    answer.retry_run_id = rows.text(0, 2);
    if (!rows.is_null(0, 3)) answer.attempt = static_cast<int>(rows.integer(0, 3));
    answer.status = rows.text(0, 4);
    answer.original_status = rows.text(0, 5);
    answer.reason = rows.text(0, 6);
    answer.decision = rows.string(0, 7);
    answer.detail = rows.text(0, 8);
    if (answer.detail == "null") answer.detail.reset();
    answer.http_status = static_cast<int>(rows.integer(0, 9));
    answer.dispatch_id = rows.text(0, 10);
    answer.resume_from_status = rows.text(0, 11);
    answer.checkpoint_ref = rows.text(0, 12);
    answer.model_profile = rows.text(0, 13);
    if (answer.decision == "accepted") answer.http_status = 200;
    answer.replayed = true;
    return answer;
}

// What is found out before anything is decided.
struct Prepared {
    RunReference run;
    std::optional<std::string> tenant, key;
    std::optional<IdempotentCall> idempotent;
};

RunReference hold_run(const pg::Home &home, Call &call) {
    RunReference run = require_run(home, call.run_id, call.run_table, call.request);
    const uint64 generation = govern::governed_generation();
    govern::hold_configuration(run.table->root);
    if (generation == govern::governed_generation()) return run;
    return require_run(home, call.run_id, run.table->root, call.request);
}

void prepare(const pg::Home &home, FunctionCallInfo fcinfo, Call &call, Prepared &prepared) {
    check_call(fcinfo, call);
    prepared.run = hold_run(home, call);
    set_overrides(*prepared.run.table, call.request, call.overrides);
    if (!call.request_id && call.on_refusal == OnRefusal::raise) return;
    VisibleRun seen = visible_run(*prepared.run.table, call.request);
    prepared.tenant = seen.tenant;
    prepared.key = seen.key;
    prepared.idempotent.emplace(home, RequestScope{prepared.run.table->table_name.string(), seen.tenant},
                                call.request_id, fingerprint(call, seen.key));
}

Answer decide_and_keep(const pg::Home &home, const Call &call, Prepared &prepared) {
    if (prepared.idempotent && prepared.idempotent->answer()) return replay(*prepared.idempotent->answer());
    Answer answer = call.act(home, prepared.run, call);
    if (prepared.idempotent) prepared.idempotent->keep(to_json(answer));
    return answer;
}

Answer refused(const pg::Home &home, const Call &call, const Prepared &prepared, const pg::Error &error) {
    if (!is_refusal(error)) throw error;
    RefusedCall refused;
    refused.function = call.function;
    if (prepared.run.table) {
        refused.run_table = prepared.run.table->table_name.string();
        refused.policy_hash = prepared.run.table->policy_hash;
    }
    refused.run_key = prepared.key ? prepared.key : call.run_id;
    if (refused.run_key && !prepared.key) refused.run_key = core::shortened(*refused.run_key);
    refused.tenant = prepared.tenant;
    refused.request_id = call.request_id;
    RecordedRefusal recorded = record_refusal(home, refused, error);
    Answer answer;
    answer.original_run_id = refused.run_key;
    answer.decision = "refused";
    answer.reason = call.request.reason;
    answer.detail = recorded.json;
    answer.http_status = recorded.http_status;
    // Whoever may not ask has no say in what others are answered.
    bool of_the_role = recorded.code == core::token_info(Token::not_allowed).name;
    if (prepared.idempotent && !of_the_role) prepared.idempotent->keep(to_json(answer));
    return answer;
}

// Two subtransactions: what the first one locks must stay locked when the second one is undone.
Answer retry_recording_refusals(const pg::Home &home, FunctionCallInfo fcinfo, Call &call) {
    Prepared prepared;
    auto failure =
        pg::try_in_subtransaction(pg::AtEnd::commit, [&] { prepare(home, fcinfo, call, prepared); });
    Answer answer;
    if (!failure)
        failure = pg::try_in_subtransaction(pg::AtEnd::commit,
                                            [&] { answer = decide_and_keep(home, call, prepared); });
    if (failure) return refused(home, call, prepared, *failure);
    set_response_status(answer.http_status);
    return answer;
}

// What is raised says what was called for, where it hasn't come to a run.
void add_call(pg::Error &error, const Call &call, const Prepared &prepared) {
    if (prepared.run.table) govern::add_subject(error, *prepared.run.table, prepared.tenant);
    if (error.about.run_key.empty()) error.about.run_key = core::shortened(call.run_id.value_or(""));
    error.about.request_id = call.request_id.value_or("");
}

Answer retry_or_raise(const pg::Home &home, FunctionCallInfo fcinfo, Call &call) {
    Prepared prepared;
    try {
        prepare(home, fcinfo, call, prepared);
        return decide_and_keep(home, call, prepared);
    } catch (pg::Error &error) {
        add_call(error, call, prepared);
        throw;
    }
}

// One row, in the order of the OUT parameters.
void return_row(FunctionCallInfo fcinfo, const Answer &answer) {
    RowBuilder row;
    row.text(answer.original_run_id);
    row.text(answer.retry_run_id);
    row.integer(answer.attempt);
    row.text(answer.status);
    row.text(answer.original_status);
    row.text(answer.reason);
    row.text(answer.decision);
    row.boolean(answer.replayed);
    row.text(answer.dispatch_id);
    row.text(answer.resume_from_status);
    row.text(answer.checkpoint_ref);
    row.text(answer.model_profile);
    row.json(answer.detail);
    row.put(fcinfo);
}

std::optional<std::string> detail_of(const Decided &decided) {
    core::Evidence evidence;
    if (decided.failure_class) evidence.push_back({"failure_class", *decided.failure_class});
    if (decided.not_before) evidence.push_back({"not_before", pg::iso_time(*decided.not_before)});
    if (decided.override_reason) evidence.push_back({"override_reason", *decided.override_reason});
    if (decided.credits.value_or(0) > 0) evidence.push_back({"credits", *decided.credits});
    evidence.insert(evidence.end(), decided.answer.begin(), decided.answer.end());
    if (evidence.empty()) return std::nullopt;
    return core::to_json(evidence);
}

}  // namespace

void check_new_run_id(const govern::Governed &table, const std::optional<std::string> &new_run_id) {
    constexpr size_t most = 1000;  // what fits into an index, in every encoding
    if (new_run_id && (new_run_id->empty() || new_run_id->size() > most))
        throw pg::to_error(
            Refusal{Token::invalid_new_run_id,
                    core::format("new_run_id has {} bytes and may have 1 to {}", new_run_id->size(), most),
                    {},
                    "Pass an id that no run has, or leave it out."});
    if (new_run_id) check_new_key(table, *new_run_id);
    if (!new_run_id && table.new_key.view() == "caller")
        throw pg::to_error(Refusal{Token::invalid_new_run_id,
                                   core::format("ids of {} have no default", table.table_name.view()),
                                   {{"run_table", table.table_name.string()}},
                                   "Pass new_run_id => '...'."});
}

Answer insert_decided(const pg::Home &home, RunReference &run, const Call &call, Accepted &accepted) {
    check_new_run_id(*run.table, call.new_run_id);
    if (call.request_id) accepted.decided.evidence.push_back({"request_id", *call.request_id});
    if (accepted.decided.profile)
        accepted.decided.evidence.push_back({"model_profile", *accepted.decided.profile});
    FunctionDecisions context;
    context.add(run.table->root, accepted.decided);
    BornRun born = insert_retry(*run.table, {accepted.parent, call.request.key, call.request.reason,
                                             call.new_run_id, accepted.overrides});
    context.require_taken_by(*run.table, {{accepted.parent.key, born.key}});
    if (accepted.decided.not_before)
        if (auto link = find_link(home, *run.table, LinkBy::retry, born.key))
            accepted.decided.not_before = link->not_before;
    Answer answer;
    answer.original_run_id = accepted.parent.key;
    answer.retry_run_id = born.key;
    answer.attempt = born.attempt;
    answer.status = born.status;
    answer.original_status = accepted.parent.status;
    answer.reason = call.request.reason;
    answer.dispatch_id = work::dispatch_id(*run.table, born.key);
    if (const auto &resume = accepted.decided.resume) {
        answer.resume_from_status = resume->from_status;
        answer.checkpoint_ref = resume->ref;
    }
    answer.model_profile = accepted.decided.profile;
    answer.detail = detail_of(accepted.decided);
    return answer;
}

void refuse_files(const govern::Governed &table) {
    if (!OidIsValid(table.files)) return;
    throw pg::to_error(
        Refusal{Token::invalid_run_table,
                core::format("runs of {} are retried with their files", table.table_name.view()),
                {{"run_table", table.table_name.string()}, {"use", std::string("retry_failed_files")}},
                "SELECT * FROM retry_failed_files(...) retries what failed and what was never run."});
}

Datum answer_call(FunctionCallInfo fcinfo, const char *function, Act act) {
    pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
    pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
    Call call = read_call(fcinfo);
    call.function = function;
    call.act = act;
    pg::SpiScope spi;  // around the subtransactions: the run's key outlives them
    return_row(fcinfo, call.on_refusal == OnRefusal::record ? retry_recording_refusals(home, fcinfo, call)
                                                            : retry_or_raise(home, fcinfo, call));
    return Datum(0);
}

}  // namespace retry_ledger::retry

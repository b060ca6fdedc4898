// plan_retry: the answer that retry_run would give, and why, without doing it.
#include "retry/plan.hpp"

#include "checkpoint/checkpoint.hpp"
#include "core/canonical.hpp"
#include "core/json.hpp"
#include "credits/credits.hpp"
#include "files/retry_files.hpp"
#include "retry/arguments.hpp"
#include "retry/overrides.hpp"
#include "retry/refused.hpp"
#include "work/check.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Governed;

std::string backoff_text(const Governed &table) {
    const core::Backoff &backoff = table.policy->backoff;
    return core::format("{} {} {} {}", backoff.base, backoff.factor, backoff.cap.value_or(-1),
                        backoff.jitter);
}

std::vector<std::string> override_list(const Request &request) {
    std::vector<std::string> items;
    for (const auto &[column, value] : request.overrides) {
        items.push_back(column);
        items.push_back(value.text ? "=" + *value.text : "NULL");
    }
    return items;
}

struct Plan {
    std::optional<std::string> refusal, code;  // JSON, token
    std::optional<Decided> decided;
    std::string key, status, hash;
    std::optional<std::string> failure_class;
    int attempt = 1;
    std::optional<core::Cost> cost;
    std::optional<std::int64_t> own_limit;
};

// What it would cost, the price once for each unit, and whether the tenant can pay: the application's own
// billing isn't asked.
std::optional<core::Refusal> quote(const pg::Home &home, Governed &table, const VisibleRun &run,
                                   core::Question &question, int units) {
    if (!table.policy->has_price()) return std::nullopt;
    credits::Price price = credits::prices_of(table, {&run}).front();
    if (price.refusal) return price.refusal;
    question.cost = core::Cost{core::total_price(price.credits, units), {}};
    if (question.cost->credits == 0 || !credits::spends_credits(table)) return std::nullopt;
    question.cost->available = credits::available(home, run.tenant);
    return core::decide_retry(question, *table.policy);
}

std::optional<core::Refusal> refusal_of_check(const Governed &table, const VisibleRun &run,
                                              const Request &request) {
    if (!work::has_check(table)) return std::nullopt;
    return work::check_requests(table, {{run.key, request.reason, run.attempt + 1,
                                         work::inputs_of(table, run, request.overrides)}})
        .front();
}

// A refusal is an answer here.  Nothing has been done when it is raised, so nothing has to be rolled back.
Plan plan_of(const pg::Home &home, Governed &table, const Request &asked) {
    VisibleRun run = visible_run(table, asked);
    Request request = asked;
    std::optional<std::string> fell_back_from = fall_back(table, run, request.overrides);
    core::Question question = question_of(home, table, run, request, Purpose::plan);
    Plan plan;
    plan.key = run.key;
    plan.status = run.status;
    plan.attempt = run.attempt + 1;
    plan.failure_class = question.run.failure_class;
    plan.own_limit = question.run.max_attempts;
    files::FoundFiles found;
    std::optional<core::Refusal> refusal = files::refusal_of(home, table, run, question, request, found);
    checkpoint::Resumed resumed;
    if (!refusal && request.resume) {
        resumed = checkpoint::resume(home, table, run.key, *request.resume);
        refusal = resumed.refusal;
    }
    if (!refusal) refusal = refusal_of_check(table, run, request);
    if (!refusal) refusal = quote(home, table, run, question, OidIsValid(table.files) ? found.failed : 1);
    plan.cost = question.cost;
    if (refusal) {
        RecordedRefusal told = refusal_of(pg::to_error(*refusal));
        plan.code = told.code;
        plan.refusal = told.json;
        return plan;
    }
    plan.decided = decided_from(table, run, question, request);
    files::add_found(found, *plan.decided);
    plan.decided->resume = std::move(resumed.resume);
    if (fell_back_from) plan.decided->answer.push_back({"profile_fallback_from", *fell_back_from});
    if (plan.cost) plan.decided->credits = plan.cost->credits;
    plan.hash = plan_hash(table, *plan.decided, asked);
    return plan;
}

std::string explanation(const Governed &table, const Plan &plan, const Request &request) {
    if (plan.refusal) return *plan.refusal;
    const core::Policy &policy = *table.policy;
    core::Question question;
    question.max_attempts = request.max_attempts;
    question.run.max_attempts = plan.own_limit;
    core::Evidence evidence = {{"run_table", table.table_name.string()},
                               {"policy_version", std::int64_t{table.policy_version}},
                               {"policy_hash", core::hex(table.policy_hash_bytes())},
                               {"max_attempts", std::int64_t{core::effective_max_attempts(question, policy)}},
                               {"retryable_statuses", policy.retryable_statuses},
                               {"content_hash", core::hex(plan.decided->content_hash)}};
    if (policy.failure_classes) evidence.push_back({"failure_classes", *policy.failure_classes});
    if (request.override_reason) evidence.push_back({"override_reason", *request.override_reason});
    if (const auto &resume = plan.decided->resume) {
        evidence.push_back({"resume_from_status", resume->from_status});
        evidence.push_back({"checkpoint_ref", resume->ref});
    }
    evidence.insert(evidence.end(), plan.decided->answer.begin(), plan.decided->answer.end());
    if (plan.cost && credits::spends_credits(table)) {
        evidence.push_back({"available_monthly", plan.cost->available.monthly});
        evidence.push_back({"available_purchased", plan.cost->available.purchased});
    }
    return core::to_json(evidence);
}

// In the order of plan_retry's OUT parameters.
void return_plan(FunctionCallInfo fcinfo, const Governed &table, const Plan &plan, const Request &request) {
    RowBuilder row;
    row.text(plan.key);
    row.text(plan.refusal ? "refused" : "accepted");
    row.text(plan.code);
    row.integer(plan.attempt);
    row.text(plan.refusal ? std::optional<std::string>() : table.initial.items[0].string());
    row.text(plan.status);
    row.text(plan.failure_class);
    row.time(plan.decided ? plan.decided->not_before : std::nullopt);
    row.bigint(plan.cost ? plan.cost->credits : 0);
    row.text(plan.refusal ? std::optional<std::string>() : plan.hash);
    row.json(explanation(table, plan, request));
    row.put(fcinfo);
}

}  // namespace

std::string plan_hash(const Governed &table, const Decided &decided, const Request &request) {
    using core::Tag;
    std::vector<core::Field> fields = {
        {"run_table", Tag::text, table.table_name.string()},
        {"run_key", Tag::text, decided.parent_key},
        {"attempt", Tag::integer, core::encode_int64(decided.attempt)},
        {"content_hash", Tag::bytes, decided.content_hash},
        {"policy_hash",
         Tag::bytes,
         {reinterpret_cast<const char *>(table.policy_hash), sizeof table.policy_hash}},
        {"overrides", Tag::list, core::encode_list(override_list(request))},
        {"backoff", Tag::text, backoff_text(table)},
        {"status", Tag::text, table.initial.items[0].string()},
    };
    if (decided.failure_class) fields.push_back({"failure_class", Tag::text, *decided.failure_class});
    if (request.max_attempts)
        fields.push_back({"max_attempts", Tag::integer, core::encode_int64(*request.max_attempts)});
    if (decided.credits.value_or(0) > 0)
        fields.push_back({"credits", Tag::integer, core::encode_int64(*decided.credits)});
    if (decided.resume) fields.push_back({"checkpoint", Tag::text, decided.resume->checkpoint_id});
    if (request.override_reason) fields.push_back({"override", Tag::boolean, std::string(1, '\1')});
    return core::hex(pg::varlena_view(pg::sha256(core::canonical_bytes("retry_ledger.plan", 1, fields))));
}

void require_plan(const std::string &seen, const std::string &now, const Decided &decided,
                  const Governed &table) {
    if (seen == now) return;
    throw pg::to_error(
        core::Refusal{core::Token::plan_changed,
                      core::format("the plan of run {} is no longer what would happen", decided.parent_key),
                      {{"run_id", decided.parent_key},
                       {"run_table", table.table_name.string()},
                       {"plan", core::shortened(seen)},
                       {"plan_now", now},
                       {"policy_version", std::int64_t{table.policy_version}}},
                      "The run, the policy or the request differs from the plan: look at plan_retry "
                      "again and pass its hash."});
}

}  // namespace retry_ledger::retry

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(plan_retry) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        std::optional<std::string> run_id = pg::any_argument(fcinfo, 0);
        retry::Request request;
        request.tenant = pg::text_argument(fcinfo, 2);
        request.max_attempts = retry::max_attempts_argument(fcinfo, 3);
        request.override_reason = retry::reason_argument(fcinfo, 4);
        std::optional<std::string> overrides = retry::json_argument(fcinfo, 5);
        request.resume = retry::resume_argument(fcinfo, 6);

        pg::SpiScope spi;
        retry::RunReference run =
            retry::require_run(home, run_id, PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1), request);
        retry::set_overrides(*run.table, request, overrides);
        retry::return_plan(fcinfo, *run.table, retry::plan_of(home, *run.table, request), request);
        return Datum(0);
    });
}

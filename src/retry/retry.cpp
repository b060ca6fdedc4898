#include "retry/retry.hpp"

#include "checkpoint/checkpoint.hpp"
#include "core/keys.hpp"
#include "credits/credits.hpp"
#include "files/retry_files.hpp"
#include "govern/redaction.hpp"
#include "history/metrics.hpp"
#include "ledger/ledger.hpp"
#include "pg/application.hpp"
#include "pg/as_owner.hpp"
#include "pg/fixed_text.hpp"
#include "retry/budget.hpp"
#include "retry/overrides.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Governed;

std::string content_hash_of(const VisibleRun &run) {
    return std::string(
        pg::varlena_view(ledger::content_hash(run.row.descriptor(), run.row.tuple(run.index))));
}

// The wait is jittered by a number made of the ids, so that a plan shows the one that the retry will have.
std::optional<TimestampTz> not_before(const Governed &table, const std::string &parent_key, int attempt,
                                      TimestampTz born_at) {
    const core::Backoff &backoff = table.policy->backoff;
    if (backoff.base == 0) return std::nullopt;
    auto *bytes = reinterpret_cast<const unsigned char *>(parent_key.data());
    uint64 hash = hash_bytes_extended(bytes, static_cast<int>(parent_key.size()), attempt);
    double chance = static_cast<double>(hash >> 11) / static_cast<double>(uint64{1} << 53);
    return born_at + core::backoff_delay(backoff, attempt, chance);
}

// One row of the table retry, in its columns' order.
bool link(const pg::Home &home, const Governed &table, const Decided &decided, const std::string &retry_key,
          TimestampTz born_at) {
    auto text = [](const std::optional<std::string> &value) {
        return value ? pg::text_datum(*value) : Datum(0);
    };
    const std::optional<core::Resume> &resume = decided.resume;
    Datum values[] = {
        pg::new_uuid(),
        pg::text_datum(table.table_name.view()),
        text(decided.tenant),
        pg::text_datum(decided.parent_key),
        pg::text_datum(retry_key),
        Int32GetDatum(decided.attempt),
        pg::text_datum(decided.parent_status),
        text(decided.parent_error),
        pg::text_datum(decided.reason),
        pg::text_datum(current_role()),
        TimestampTzGetDatum(born_at),
        text(decided.failure_class),
        pg::text_datum(decided.policy_hash),  // bytea and text are laid out alike
        TimestampTzGetDatum(decided.not_before.value_or(0)),
        BoolGetDatum(true),
        Datum(0),
        resume ? pg::text_datum(resume->from_status) : Datum(0),
        resume ? pg::text_datum(resume->ref) : Datum(0),
        resume ? pg::text_datum(resume->checkpoint_id) : Datum(0),
    };
    bool nulls[] = {false,           false,
                    !decided.tenant, false,
                    false,           false,
                    false,           !decided.parent_error,
                    false,           false,
                    false,           !decided.failure_class,
                    false,           !decided.not_before,
                    false,           true,
                    !resume,         !resume,
                    !resume};
    return pg::insert_unless_conflict(pg::own_relation(home, "retry"), pg::own_relation(home, "retry_live"),
                                      values, nulls);
}

// What a decision rests on and says of the new row's columns: what the policy binds, and what the call chose.
// By column, as the types write it under fixed settings.
std::map<std::string, std::optional<std::string>> bound_columns(const Governed &table, const VisibleRun &run,
                                                                const Request &request) {
    const core::Policy &policy = *table.policy;
    std::map<std::string, std::optional<std::string>> bound;
    for (const auto &column : {policy.profile_column, policy.price_column, policy.max_attempts_column})
        if (column && !is_mapped(table, *column)) bound[*column] = run.text(*column);
    for (const auto &[column, chosen] : request.overrides)
        bound[column] =
            chosen.param.null
                ? std::nullopt
                : std::optional<std::string>(pg::fixed_text(chosen.param.type, chosen.param.value));
    return bound;
}

}  // namespace

VisibleRun visible_run(Governed &table, const Request &request) {
    std::optional<VisibleRun> run = find_run(table, request.key);
    if (!run || (request.tenant && run->tenant != request.tenant))
        throw pg::to_error(core::run_not_found(core::shortened(request.key_text), table.table_name.string()));
    return std::move(*run);
}

Decided decided_from(const Governed &table, const VisibleRun &run, const core::Question &question,
                     const Request &request) {
    Decided decided;
    decided.parent_key = run.key;
    decided.parent_status = run.status;
    decided.reason = request.reason;
    decided.parent_error = run.error;
    decided.tenant = run.tenant;
    decided.failure_class = question.run.failure_class;
    decided.attempt = run.attempt + 1;
    decided.content_hash = content_hash_of(run);
    decided.policy_hash = table.policy_hash_bytes();
    decided.not_before = not_before(table, run.key, decided.attempt, GetCurrentTimestamp());
    decided.override_reason = request.override_reason;
    decided.by_hand = request.by_hand;
    if (table.policy->profile_column) decided.profile = question.profile;
    if (!request.by_hand) decided.columns = bound_columns(table, run, request);
    return decided;
}

namespace {

void add_resume(const core::Resume &resume, core::Evidence &evidence) {
    evidence.push_back({"resume_from_status", resume.from_status});
    evidence.push_back({"checkpoint_ref", resume.ref});
    evidence.push_back({"checkpoint_id", resume.checkpoint_id});
}

// Whether the tenant can pay is found out at the birth, which takes the credits: nothing can come between.
// The lock is taken now, before the parent is claimed: a bulk rerun, which decides under the lock, does it in
// that order too.
void set_price(const pg::Home &home, Governed &table, const VisibleRun &run, Decided &decided) {
    if (!table.policy->has_price() || OidIsValid(table.files)) return;  // files are charged, not their run
    decided.credits = credits::price_of(table, run);
    if (*decided.credits > 0 && credits::spends_credits(table)) credits::lock_tenant(home, run.tenant);
}

// What its charge adds to the ledger's entry of the retry.
core::Evidence charge_birth(const pg::Home &home, Governed &table, const Decided &decided,
                            const std::string &retry_key) {
    if (!decided.credits) return {};
    auto charged = credits::charge(
        home, table, {decided.tenant, *decided.credits, decided.parent_key, retry_key, decided.reason});
    return charged ? credits::evidence_of(*charged) : core::Evidence{};
}

core::Resume resume_or_refuse(const pg::Home &home, const Governed &table, const std::string &run_key,
                              const core::WantedCheckpoint &wanted) {
    checkpoint::Resumed resumed = checkpoint::resume(home, table, run_key, wanted);
    if (resumed.refusal) throw pg::to_error(*resumed.refusal);
    return std::move(*resumed.resume);
}

// `run` gets what is looked up about it, `request` the overrides that it falls back to.
Decided decide_seen(const pg::Home &home, Governed &table, VisibleRun &run, Request &request) {
    std::optional<std::string> fell_back_from;
    if (!request.by_hand) fell_back_from = fall_back(table, run, request.overrides);
    core::Question question = question_of(home, table, run, request);
    files::FoundFiles found;
    if (auto refusal = files::refusal_of(home, table, run, question, request, found))
        throw pg::to_error(*refusal);
    Decided decided = decided_from(table, run, question, request);
    if (fell_back_from) {
        core::Evidence::value_type from = {"profile_fallback_from", *fell_back_from};
        decided.evidence.push_back(from);
        decided.answer.push_back(std::move(from));
    }
    if (request.resume) decided.resume = resume_or_refuse(home, table, run.key, *request.resume);
    set_price(home, table, run, decided);
    return decided;
}

// As a redaction has left the run.
bool has_error(Governed &table, const std::string &key) {
    const Oid type = table.key.base_type;
    pg::AsTableReader reader(pg::owner_of(table.root));
    pg::SpiScope spi;
    if (table.has_error == nullptr)
        table.has_error = pg::prepare_kept(
            core::format(
                "SELECT FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1 AND t.{} IS DISTINCT FROM NULL",
                table.table_name.view(), pg::quote_ident(table.key.name.string()),
                pg::quote_ident(table.error.name.string())),
            {type});
    return !pg::run(table.has_error, {{type, pg::input_datum(type, -1, key)}}, pg::See::latest, 1).empty();
}

[[noreturn]] void refuse_late(const std::string &what) {
    throw pg::Error{ERRCODE_T_R_SERIALIZATION_FAILURE, what,
                    "The retry was decided by what was there before.", "Repeat the call."};
}

// What a decision rests on, and what its link, entries and charge say of it, is still so.
void hold_decision(const pg::Home &home, Governed &table, const Decided &decided) {
    if (decided.credits && decided.policy_hash != table.policy_hash_bytes())
        refuse_late(core::format("the policy of {} was set in this moment", table.table_name.view()));
    if (decided.resume) checkpoint::hold_checkpoint(home, decided.resume->checkpoint_id);
    if (!decided.parent_error) return;
    govern::hold_off_redaction(home, table.table_name.view(), decided.parent_key);
    if (!has_error(table, decided.parent_key))
        refuse_late(core::format("run {} was redacted in this moment", core::shortened(decided.parent_key)));
}

}  // namespace

Accepted decide(const pg::Home &home, Governed &table, const Request &asked) {
    VisibleRun run = visible_run(table, asked);
    Request request = asked;
    try {
        Decided decided = decide_seen(home, table, run, request);
        return {std::move(decided), std::move(run), std::move(request.overrides)};
    } catch (pg::Error &error) {
        govern::add_subject(error, table, run.tenant);
        throw;
    }
}

void record_birth(const pg::Home &home, Governed &table, Decided &decided, const std::string &retry_key) {
    const TimestampTz now = GetCurrentTimestamp();
    decided.not_before = not_before(table, decided.parent_key, decided.attempt, now);
    hold_decision(home, table, decided);
    if (!link(home, table, decided, retry_key, now)) {
        pg::SpiScope spi;
        core::RunFacts run{table.table_name.string(), decided.parent_key, decided.parent_status, true,
                           decided.attempt - 1,       std::nullopt,       std::nullopt};
        auto live = live_retry(home, table, decided.parent_key);
        throw pg::to_error(
            core::already_retried(run, live.value_or(core::LiveRetry{"unknown", std::nullopt})));
    }
    spend_budget(home, table, decided);
    core::Evidence charged = charge_birth(home, table, decided, retry_key);
    ledger::Entry entry;
    entry.action = "retried";
    entry.run_table = table.table_name.string();
    entry.run_key = decided.parent_key;
    entry.tenant = decided.tenant;
    entry.attempt = decided.attempt;
    entry.reason_code = decided.reason;
    entry.prior_status = decided.parent_status;
    entry.policy_hash = reinterpret_cast<const unsigned char *>(decided.policy_hash.data());
    Datum hash = pg::text_datum(decided.content_hash);  // bytea and text are laid out alike
    entry.content_hash = hash;
    entry.failure_class = decided.failure_class;
    entry.evidence = {{"retry_run_id", retry_key}};
    if (decided.override_reason) entry.evidence.push_back({"override_reason", *decided.override_reason});
    if (decided.resume) add_resume(*decided.resume, entry.evidence);
    if (decided.not_before) entry.evidence.push_back({"not_before", pg::iso_time(*decided.not_before)});
    entry.evidence.insert(entry.evidence.end(), charged.begin(), charged.end());
    entry.evidence.insert(entry.evidence.end(), decided.evidence.begin(), decided.evidence.end());
    ledger::append(home, entry);
    history::count_born(home, table.table_name.view());
}

}  // namespace retry_ledger::retry

// "Continue": a new run that retries one, with new attempts of its files that failed or were never run; files
// that failed for good, or completed, stay where they are.  One statement per table, however many files.
#include "files/retry_files.hpp"

#include <algorithm>

#include "core/keys.hpp"
#include "core/statuses.hpp"
#include "credits/credits.hpp"
#include "files/birth.hpp"
#include "files/fan_in.hpp"
#include "files/statement.hpp"
#include "pg/application.hpp"
#include "pg/as_owner.hpp"
#include "retry/call.hpp"
#include "retry/plan.hpp"
#include "work/queue.hpp"

namespace retry_ledger::files {

namespace {

using core::Refusal;
using core::Token;
using govern::Governed;

std::string quoted(const govern::Column &column) {
    return pg::quote_ident(column.name.string());
}

// A run's key, as its files have it.
pg::Param key_param(const Governed &files, const std::string &key) {
    return {files.run.base_type, pg::input_datum(files.run.base_type, -1, key)};
}

// The plan of a statement on the files of a run, kept with their table.  By index, however many files the
// runs had when it was planned.
template <class Text>
SPIPlanPtr planned(SPIPlanPtr &plan, Text text, const std::vector<pg::Param> &params,
                   std::initializer_list<const char *> without = {"enable_seqscan"}) {
    if (plan == nullptr) {
        std::vector<Oid> types;
        for (const pg::Param &param : params) types.push_back(param.type);
        plan = pg::prepare_kept(text(), types, pg::Plan::generic);
    }
    pg::plan_without(plan, without);
    return plan;
}

// The statuses that a retry takes up, as an array of the status column's type.
pg::Param status_array(const Governed &files) {
    return pg::array_of(files.status.base_type, files.retry_statuses.strings());
}

void count_status(const Governed &files, const std::string &status, int count, int attempts,
                  FoundFiles &found) {
    found.seen += count;
    if (!files.retry_statuses.contains(status)) return;
    (files.ended.contains(status) ? found.failed : found.pending) += count;
    found.most_attempts = std::max(found.most_attempts, attempts);
}

std::string look_text(const Governed &files) {
    return core::format(
        "SELECT f.{0}, pg_catalog.count(*)::pg_catalog.int4, pg_catalog.max(f.{1})::pg_catalog.int4"
        " FROM {2} f WHERE f.{3} OPERATOR(pg_catalog.=) $1 GROUP BY f.{0}",
        quoted(files.status), quoted(files.attempt), files.table_name.view(), quoted(files.run));
}

FoundFiles look_at_files(Governed &files, const std::string &run_key) {
    std::vector<pg::Param> params = {key_param(files, run_key)};
    SPIPlanPtr plan = planned(
        files.look_at_files, [&] { return look_text(files); }, params);
    pg::Rows rows = pg::run(plan, params, pg::See::latest);
    FoundFiles found;
    for (uint64 i = 0; i < rows.size(); i++)
        count_status(files, rows.string(i, 1), static_cast<int>(rows.integer(i, 2)),
                     static_cast<int>(rows.integer(i, 3)) + 1 - files.attempt_base, found);
    return found;
}

Refusal nothing_to_retry(const core::RunFacts &run, const FoundFiles &found) {
    return {Token::nothing_to_retry,
            core::format("run {} is {} and has no file to retry", run.key, run.status),
            {{"run_id", run.key},
             {"run_table", run.table},
             {"current_status", run.status},
             {"files", std::int64_t{found.seen}}},
            "A retry takes up files that failed or were never run; others stay as they are."};
}

// All or nothing can't be said of files that the caller doesn't see.
std::optional<Refusal> hidden_files(const pg::Home &home, const Governed &files, const core::RunFacts &run,
                                    const FoundFiles &found) {
    int known = count_files(home, {run.table, run.key}).files;
    if (found.seen >= known) return std::nullopt;
    return Refusal{Token::not_allowed,
                   core::format("run {} has files that role {} can't see", run.key, retry::current_role()),
                   {{"run_id", run.key},
                    {"run_table", run.table},
                    {"files_table", files.table_name.string()},
                    {"files", std::int64_t{known}},
                    {"files_seen", std::int64_t{found.seen}}},
                   "All files of a run are retried or none: the policies of the table hide some."};
}

// One file beyond the limit, by name.
Refusal file_at_limit(const Governed &files, const core::RunFacts &run, int limit) {
    pg::Rows rows = pg::run_latest(
        core::format("SELECT f.{0}, f.{1}::pg_catalog.int4 FROM {2} f WHERE f.{3} OPERATOR(pg_catalog.=) $1"
                     " AND f.{4} OPERATOR(pg_catalog.=) ANY ($2) ORDER BY f.{1} DESC, f.{0} LIMIT 1",
                     quoted(files.key), quoted(files.attempt), files.table_name.view(), quoted(files.run),
                     quoted(files.status)),
        {key_param(files, run.key), status_array(files)});
    return attempts_refusal(files, rows.string(0, 1),
                            static_cast<int>(rows.integer(0, 2)) + 1 - files.attempt_base, limit);
}

// Who asks and which state the run is in comes before what its files are like.
bool comes_first(Token token) {
    return token == Token::not_allowed || token == Token::job_already_running ||
           token == Token::already_retried;
}

std::vector<std::string> carried_columns(const Governed &files) {
    std::vector<std::string> names;
    for (const govern::Name &input : files.inputs)
        if (!retry::is_mapped(files, input.view())) names.push_back(pg::quote_ident(input.string()));
    return names;
}

struct InsertText {
    std::string columns, values;
    void add(const std::string &column, const std::string &value) {
        columns += (columns.empty() ? "" : ", ") + column;
        values += (values.empty() ? "" : ", ") + value;
    }
};

// $1 the new run, $2 the run that is retried, $3 the first status, $4 the statuses that are taken up.
std::string insert_text(const Governed &files) {
    InsertText text;
    text.add(quoted(files.run), "$1");
    text.add(quoted(files.index), "f." + quoted(files.index));
    text.add(quoted(files.parent), "f." + quoted(files.key));
    text.add(quoted(files.status), "$3");
    text.add(quoted(files.attempt), "f." + quoted(files.attempt) + " OPERATOR(pg_catalog.+) 1");
    text.add(quoted(files.is_retry), "true");
    if (files.tenant) text.add(quoted(files.tenant), "f." + quoted(files.tenant));
    for (const std::string &column : carried_columns(files)) text.add(column, "f." + column);
    for (const govern::Name &now : files.now_columns)
        text.add(pg::quote_ident(now.string()), "pg_catalog.now()");
    if (files.new_key.view() == "uuid") text.add(quoted(files.key), "pg_catalog.gen_random_uuid()");
    return core::format(
        "INSERT INTO {0} ({1}) SELECT {2} FROM {0} f WHERE f.{3} OPERATOR(pg_catalog.=) $2"
        " AND f.{4} OPERATOR(pg_catalog.=) ANY ($4)",
        files.table_name.view(), text.columns, text.values, quoted(files.run), quoted(files.status));
}

// $1 the run that is retried, $2 the new run, $3 the statuses that are taken up.
std::string check_text(const Governed &files) {
    std::string tenant =
        files.tenant ? core::format(" AND NOT (n.{0} IS DISTINCT FROM f.{0})", quoted(files.tenant)) : "";
    return core::format(
        "SELECT pg_catalog.count(f.{2})::pg_catalog.int4, pg_catalog.count(*)::pg_catalog.int4"
        " FROM {0} n LEFT JOIN {0} f ON n.{1} OPERATOR(pg_catalog.=) f.{2}"
        " AND f.{3} OPERATOR(pg_catalog.=) $1"
        " AND n.{4} OPERATOR(pg_catalog.=) (f.{4} OPERATOR(pg_catalog.+) 1) AND n.{5}"
        " AND n.{6} OPERATOR(pg_catalog.=) f.{6}{7} AND f.{8} OPERATOR(pg_catalog.=) ANY ($3)"
        " WHERE n.{3} OPERATOR(pg_catalog.=) $2",
        files.table_name.view(), quoted(files.parent), quoted(files.key), quoted(files.run),
        quoted(files.attempt), quoted(files.is_retry), quoted(files.index), tenant, quoted(files.status));
}

// The new files as they are, whatever triggers of the application made of them, and whatever policies let the
// caller see of them by now: those that they should be, and no others.
void check_inserted(Governed &files, const std::string &new_run, const std::string &run, int expected) {
    pg::AsTableReader reader(pg::owner_of(files.root));
    std::vector<pg::Param> params = {key_param(files, run), key_param(files, new_run), status_array(files)};
    // How many rows there are isn't known: a nested loop would take for ever where there are many.
    SPIPlanPtr plan = planned(files.check_files, [&] { return check_text(files); }, params,
                              {"enable_seqscan", "enable_nestloop"});
    pg::Rows rows = pg::run(plan, params, pg::See::latest);
    if (rows.integer(0, 1) == expected && rows.integer(0, 2) == expected) return;
    throw pg::Error{
        ERRCODE_NO_DATA_FOUND,
        core::format("the files of the retry weren't all inserted into {} as they should be",
                     files.table_name.view()),
        core::format("{} of {} are there, among {}.", rows.integer(0, 1), expected, rows.integer(0, 2)),
        "A trigger or a rule of the application suppressed, rewrote or added some: let them "
        "through as they are."};
}

void insert_files(govern::GovernedRef &files, FunctionTerms terms, const std::string &run, int expected) {
    std::string new_run = terms.new_run;
    {
        FunctionInsert context(files->root, std::move(terms));
        Datum status =
            pg::input_datum(files->status.type, files->status.typmod, files->initial.items[0].string());
        std::vector<pg::Param> params = {key_param(*files, new_run),
                                         key_param(*files, run),
                                         {files->status.type, status},
                                         status_array(*files)};
        SPIPlanPtr plan = planned(
            files->insert_files, [&] { return insert_text(*files); }, params);
        (void)retry::explaining_nulls(*files, [&] { return pg::write_latest(plan, params); });
    }
    check_inserted(*files, new_run, run, expected);
}

govern::GovernedRef files_of(const pg::Home &home, const Governed &runs) {
    if (OidIsValid(runs.files))
        if (govern::GovernedRef files = govern::find_governed(home, runs.files)) return files;
    throw pg::to_error(Refusal{
        Token::invalid_run_table,
        core::format("runs of {} have no governed files", runs.table_name.view()),
        {{"run_table", runs.table_name.string()}},
        core::format("Adopt their table: SELECT * FROM govern_files('...', {}). A run without files is "
                     "retried with retry_run.",
                     pg::quote_literal(runs.table_name.string()))});
}

// Of one failed file; what all of them cost goes to the decision.
std::int64_t price_of_files(const pg::Home &home, Governed &runs, const FoundFiles &found,
                            retry::Accepted &accepted) {
    if (!runs.policy->has_price()) return 0;
    std::int64_t price = credits::price_of(runs, accepted.parent);
    std::int64_t all = core::total_price(price, found.failed);
    accepted.decided.credits = all;
    if (all == 0) return price;
    accepted.decided.answer.push_back({"credits", all});
    if (!credits::spends_credits(runs)) return price;
    // Before the run is claimed, in the order in which all do it; and looked at before many rows are
    // inserted.
    credits::lock_tenant(home, accepted.parent.tenant);
    core::Cost cost{all, credits::available(home, accepted.parent.tenant)};
    if (cost.available.total() < all)
        throw pg::to_error(core::insufficient_credits(accepted.parent.key, runs.table_name.string(),
                                                      accepted.parent.tenant, cost));
    return price;
}

// By us, not as rows come: the triggers of the INSERT may run statements on these files, each of which is
// settled by itself.
void count_retried(const pg::Home &home, const Governed &runs, const std::string &retry,
                   const FoundFiles &found) {
    FileCount retried;
    retried.retried_failed = found.failed;
    retried.retried_pending = found.pending;
    add_count(home, {runs.table_name.view(), retry}, retried);
}

retry::Answer retry_files(const pg::Home &home, retry::RunReference &reference, const retry::Call &call) {
    Governed &runs = *reference.table;
    govern::GovernedRef files = files_of(home, runs);
    retry::VisibleRun run = retry::visible_run(runs, call.request);
    core::Question question = retry::question_of(home, runs, run, call.request);
    FoundFiles found;
    if (auto refusal = refusal_of(home, runs, run, question, call.request, found))
        throw pg::to_error(*refusal);
    retry::Accepted accepted{retry::decided_from(runs, run, question, call.request), std::move(run)};
    add_found(found, accepted.decided);
    std::int64_t price = price_of_files(home, runs, found, accepted);
    if (call.plan)
        retry::require_plan(*call.plan, retry::plan_hash(runs, accepted.decided, call.request),
                            accepted.decided, runs);
    accepted.decided.credits.reset();  // the files are charged when they are there, not the run
    retry::Answer answer = retry::insert_decided(home, reference, call, accepted);
    const std::string &parent = accepted.parent.key, &retry = *answer.retry_run_id;
    insert_files(files, {retry, accepted.decided.not_before}, parent, found.count());
    count_retried(home, runs, retry, found);
    charge_files(
        home, runs,
        {accepted.parent.tenant, core::total_price(price, found.failed), parent, retry, call.request.reason});
    if (work::is_dispatched(*files, true)) answer.dispatch_id = answer.retry_run_id;
    return answer;
}

}  // namespace

std::optional<Refusal> refusal_of(const pg::Home &home, Governed &runs, const retry::VisibleRun &run,
                                  const core::Question &question, const retry::Request &request,
                                  FoundFiles &found) {
    if (!OidIsValid(runs.files)) return core::decide_retry(question, *runs.policy);
    govern::GovernedRef files = files_of(home, runs);
    retry::require_privileges(*files, request.by_hand ? "SELECT" : "SELECT, INSERT");
    std::optional<Refusal> refusal = core::decide_retry(question, *runs.policy);
    if (refusal && (request.by_hand || comes_first(refusal->token))) return refusal;
    if (runs.ended.contains(run.status)) wait_for_files(home, runs, run.key);
    found = look_at_files(*files, run.key);
    if (auto hidden = hidden_files(home, *files, question.run, found)) return hidden;
    if (found.count() == 0 || run.status == runs.completed_status.view())
        return nothing_to_retry(question.run, found);
    if (refusal) return refusal;
    int limit = core::effective_max_attempts(question, *runs.policy);
    if (!question.cap_override && found.most_attempts > limit)
        return file_at_limit(*files, question.run, limit);
    return std::nullopt;
}

void add_found(const FoundFiles &found, retry::Decided &decided) {
    if (found.count() == 0) return;
    core::Evidence counts = {{"files", std::int64_t{found.count()}},
                             {"failed_files", std::int64_t{found.failed}},
                             {"pending_files", std::int64_t{found.pending}}};
    decided.evidence.insert(decided.evidence.end(), counts.begin(), counts.end());
    decided.answer.insert(decided.answer.end(), counts.begin(), counts.end());
}

}  // namespace retry_ledger::files

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(retry_failed_files) {
    return pg::entry([&] { return retry::answer_call(fcinfo, "retry_failed_files", files::retry_files); });
}

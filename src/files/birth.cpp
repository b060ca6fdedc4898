// A file is born into a run that hasn't ended: into an original as its first attempt, into a retry as the
// next attempt of a file that the retried run has left failed or never run.
#include "files/birth.hpp"

#include "core/decision.hpp"
#include "core/keys.hpp"
#include "core/statuses.hpp"
#include "guard/birth_checks.hpp"
#include "retry/resolve.hpp"
#include "work/queue.hpp"

namespace retry_ledger::files {

namespace {

using core::Refusal;
using core::Token;
using govern::Governed;
using guard::Row;

// As the caller: a file that it can't see can't be retried by it.
std::optional<ParentFile> find_parent(const Governed &files, const Row &row) {
    bool null;
    Datum key = row.value(files.parent, &null);
    auto column = [](const govern::Column &c) {
        return c ? "t." + pg::quote_ident(c.name.string()) : std::string("NULL");
    };
    pg::SpiScope spi;
    pg::Rows found = pg::run_latest(
        core::format("SELECT {}, {}, {}, {}, {} FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1",
                     column(files.run), column(files.index), column(files.status), column(files.tenant),
                     column(files.attempt), files.table_name.view(),
                     pg::quote_ident(files.key.name.string())),
        {{files.key.base_type, key}});
    if (found.empty()) return std::nullopt;
    ParentFile parent;
    parent.run = found.string(0, 1);
    parent.index = found.string(0, 2);
    parent.status = found.string(0, 3);
    parent.tenant = found.text(0, 4);
    parent.attempt = static_cast<int>(found.integer(0, 5)) + 1 - files.attempt_base;
    return parent;
}

[[noreturn]] void refuse_lineage(const Governed &files, const Row &row, const std::string &what) {
    guard::refuse_birth(files, row, "retry_ledger_lineage", what,
                        "The files of a retry are the failed and pending ones of the run that it retries: "
                        "retry_failed_files inserts them.");
}

void check_parent_status(const Governed &files, const Row &row, const ParentFile &parent) {
    if (files.retry_statuses.contains(parent.status)) return;
    throw pg::to_error(
        Refusal{Token::retry_not_allowed_state,
                core::format("file {} is {}", *row.text(files.parent), core::shortened(parent.status)),
                {{"file_id", *row.text(files.parent)},
                 {"run_table", files.table_name.string()},
                 {"current_status", parent.status},
                 {"retryable_statuses", files.retry_statuses.strings()}},
                "A retry takes up files that failed or were never run; others stay as they are."});
}

void check_attempts(const Governed &files, const Governed &runs, const Row &row, const RunState &run,
                    const ParentFile &parent) {
    core::Question question;
    question.run.max_attempts = run.max_attempts;
    int limit = core::effective_max_attempts(question, *runs.policy);
    if (parent.attempt <= limit) return;
    throw pg::to_error(attempts_refusal(files, *row.text(files.parent), parent.attempt, limit));
}

void check_retry(const pg::Home &home, const Governed &files, const Row &row, const RunState &run,
                 const ParentFile &parent) {
    if (!run.parent || *run.parent != parent.run)
        refuse_lineage(files, row, "a file and the one that it retries belong to a run and its retry");
    check_parent_status(files, row, parent);
    check_attempts(files, *runs_of(home, files), row, run, parent);
    guard::check_lineage(files, row, parent.attempt + 1);
    guard::check_tenant(files, row, parent.tenant, "the file that it retries");
    if (row.text(files.index) != parent.index)
        refuse_lineage(files, row,
                       core::format("{} is that of the file that is retried", files.index.name.view()));
}

void count_birth(const Governed &files, const Row &row, TouchedRun &run, const std::string *parent_status) {
    run.change.files++;
    if (work::is_dispatched(files, run.state.parent.has_value()))
        run.born.emplace_back(guard::key_text(files, row), row.text(files.index).value_or(""));
    if (parent_status == nullptr) return;
    bool ended = files.ended.contains(*parent_status);
    (ended ? run.change.retried_failed : run.change.retried_pending)++;
}

// Whoever sees runs by policy learns nothing of another tenant's, and doesn't hold its lock either: this
// comes before the run is touched.
void refuse_hidden_run(const pg::Home &home, const Governed &files, const Row &row) {
    if (!files.tenant || row.is_null(files.run)) return;
    govern::GovernedRef runs = runs_of(home, files);
    if (!runs->tenant || !retry::sees_by_policy(*runs)) return;
    bool null;
    Datum run = row.value(files.run, &null);
    std::optional<RunState> state = run_state(*runs, run);
    if (state && state->tenant != row.text(files.tenant))
        refuse_unknown_run(files, pg::output_text(files.run.type, run));
}

// By hand.  To look for the parent runs code of the application (policies, what the planner computes), which
// may settle what the statement has touched so far: the run is touched when that is over.  A file that hadn't
// ended when the BEFORE trigger saw it may have ended since: only now is there a retry, and with it the end
// of the parent's run, after which none of its files changes.
void retry_born(const pg::Home &home, Governed &files, const Row &row) {
    std::optional<ParentFile> parent = take_parent(files.root, *row.text(files.parent), row.written_by());
    if (!parent || !files.ended.contains(parent->status)) parent = find_parent(files, row);
    if (!parent) refuse_lineage(files, row, "the file that it retries can't be seen");
    const RunState run = touch_row(home, files, row, row).state;
    check_retry(home, files, row, run, *parent);
    count_birth(files, row, touch_row(home, files, row, row), &parent->status);
}

}  // namespace

Refusal attempts_refusal(const Governed &files, const std::string &file, int attempt, int limit) {
    return {
        Token::max_attempts_reached,
        core::format("file {} is attempt {} and its limit is {} {}", file, attempt, limit,
                     limit == 1 ? "retry" : "retries"),
        {{"file_id", file},
         {"run_table", files.table_name.string()},
         {"attempt", std::int64_t{attempt}},
         {"max_attempts", std::int64_t{limit}}},
        "One file at its limit keeps the whole run from being retried; set_retry_policy changes the limit."};
}

HeapTuple birth(const pg::Home &, Governed &files, const Row &row) {
    if (row.is_null(files.parent)) return guard::with_lineage(files, row, 1);
    if (FunctionInsert::covers(files.root)) return row.tuple();  // has it set; looked at when it is there
    std::optional<ParentFile> parent = find_parent(files, row);
    std::string key = *row.text(files.parent);
    if (!parent)
        throw pg::to_error(
            Refusal{Token::run_not_found,
                    core::format("file {} does not exist", core::shortened(key)),
                    {{"file_id", core::shortened(key)}, {"run_table", files.table_name.string()}},
                    "Either it does not exist, or the role that asks can't see it."});
    int attempt = parent->attempt + 1;
    remember_parent(files.root, key, std::move(*parent));
    return guard::with_lineage(files, row, attempt);
}

TouchedRun &touch_row(const pg::Home &home, Governed &files, const Row &before, const Row &after) {
    bool null;
    Datum run = before.value(files.run, &null);
    return touch(home, files, run, null, after.written_by());
}

void born(const pg::Home &home, Governed &files, const Row &row) {
    refuse_hidden_run(home, files, row);
    guard::check_status(files, row);
    guard::check_key(home, files, row);
    TouchedRun &run = touch_row(home, files, row, row);
    bool retries = !row.is_null(files.parent);
    if (retries && FunctionInsert::covers(files.root, run.state.key))
        return count_birth(files, row, run, nullptr);
    if (retries) return retry_born(home, files, row);
    if (run.state.parent) refuse_lineage(files, row, "a file of a retry retries a file of the run before");
    guard::check_lineage(files, row, 1);
    guard::check_tenant(files, row, run.state.tenant, "its run");
    count_birth(files, row, run, nullptr);
}

void count_end(const Governed &files, TouchedRun &run, const std::string &status) {
    switch (core::file_state(status, files.ended.strings(), files.retry_statuses.strings(),
                             files.success_statuses.strings())) {
        case core::FileState::completed:
            run.change.completed++;
            break;
        case core::FileState::failed:
            run.change.failed++;
            break;
        default:
            run.change.error++;
    }
}

}  // namespace retry_ledger::files

// Gathering: rows of one statement, added up by run, are settled by the statement trigger that comes after
// all row triggers.  What the statement did within a savepoint or a trigger of the application settles by
// itself.
#include "files/statement.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/decision.hpp"
#include "core/json.hpp"
#include "credits/credits.hpp"
#include "files/fan_in.hpp"
#include "guard/row.hpp"
#include "pg/transaction.hpp"
#include "retry/link.hpp"
#include "retry/resolve.hpp"
#include "work/enqueue.hpp"
#include "work/queue.hpp"

namespace retry_ledger::files {

namespace {

using govern::Governed;

struct Touched {
    TouchedRun run;
    Oid files;
    SubTransactionId started;
    CommandId command;  // whose rows were all written when the run was looked at
};

// By table of files, savepoint and key of the run: a statement within a savepoint of a trigger settles by
// itself.
using Place = std::tuple<Oid, SubTransactionId, std::string>;

struct SeenParent {
    ParentFile file;
    pg::Moment moment;
};

struct Statement {
    std::map<Place, Touched> runs;
    Touched *last = nullptr;  // most rows are of the run of the row before
    std::string last_image;
    std::unordered_map<std::string, SeenParent> parents;
    InsertedByFunction function;
};

pg::TransactionLocal<Statement> statement;

// The bytes of a value: equal bytes, the same run.
std::string_view image(const Datum &value, const govern::Column &column) {
    if (column.by_value) return {reinterpret_cast<const char *>(&value), sizeof value};
    if (column.length > 0)
        return {reinterpret_cast<const char *>(DatumGetPointer(value)), static_cast<size_t>(column.length)};
    return pg::varlena_view(value);
}

// Entries of statements that failed in a savepoint were never settled, and never happened.
void forget_failed(Statement &all) {
    SubTransactionId now = GetCurrentSubTransactionId();
    for (auto entry = all.runs.begin(); entry != all.runs.end();)
        entry = entry->second.started > now ? all.runs.erase(entry) : std::next(entry);
    all.last = nullptr;
}

// The run as it is, if it lets a file change.
RunState changing(const pg::Home &home, const Governed &files, Datum run, const std::string &key,
                  CommandId changed_at) {
    govern::GovernedRef runs = runs_of(home, files);
    join(home, *runs, key);
    std::optional<RunState> state = run_state(*runs, run);
    if (!state) refuse_unknown_run(files, key);
    if (state->ended && !ended_afterwards(home, *runs, state->key, changed_at))
        refuse_ended_run(files, *runs, *state);
    return std::move(*state);
}

// Of the files that the function inserts.
const FunctionTerms *function_terms(const Touched &touched) {
    const Statement &all = statement.get();
    bool covers = all.function.files == touched.files && all.function.terms.new_run == touched.run.state.key;
    return covers ? &all.function.terms : nullptr;
}

// The price is asked for as the caller, by the run that is retried.
std::int64_t price_of_file(Governed &runs, const RunState &run) {
    if (!runs.policy->has_price()) return 0;
    pg::SpiScope spi;
    auto parent =
        retry::find_run(runs, pg::input_datum(runs.key.base_type, -1, *run.parent), pg::See::latest);
    if (!parent) throw pg::to_error(core::run_not_found(*run.parent, runs.table_name.string()));
    return credits::price_of(runs, *parent);
}

// By hand: failed files are charged; those that were never run are free.
void charge_touched(const pg::Home &home, Governed &runs, const Touched &touched) {
    const RunState &run = touched.run.state;
    int failed = touched.run.change.retried_failed;
    if (failed == 0) return;
    charge_files(home, runs,
                 {run.tenant, core::total_price(price_of_file(runs, run), failed), *run.parent, run.key,
                  "direct_insert"});
}

// By hand: as the retry of the run was decided.
std::optional<TimestampTz> not_before_of(const pg::Home &home, const Governed &runs, const RunState &run) {
    if (!run.parent) return std::nullopt;
    auto link = retry::find_link(home, runs, retry::LinkBy::retry, run.key);
    return link ? link->not_before : std::nullopt;
}

// What was born becomes work, all of it at once.
void enqueue_files(const pg::Home &home, Governed &files, const Governed &runs, const Touched &touched,
                   const FunctionTerms *terms) {
    if (touched.run.born.empty()) return;
    const RunState &run = touched.run.state;
    auto not_before = terms != nullptr ? terms->not_before : not_before_of(home, runs, run);
    bool numbers = files.index.base_type == INT2OID || files.index.base_type == INT4OID ||
                   files.index.base_type == INT8OID;
    std::vector<work::Job> jobs;
    for (const auto &[key, index] : touched.run.born)
        jobs.push_back({key, work::file_job_id(run.key, index), run.key,
                        numbers ? index : core::json_string(index), run.parent, not_before, run.tenant});
    if (files.work->mode == "batch")
        work::enqueue_batch(home, files, runs.table_name.view(), jobs);
    else
        work::enqueue(home, files, runs.table_name.view(), jobs);
}

void settle_run(const pg::Home &home, Governed &files, const Touched &touched) {
    const FileCount &change = touched.run.change;
    if (change.files == 0 && change.ended() == 0) return;
    govern::GovernedRef runs = runs_of(home, files);
    const std::string &key = touched.run.state.key;
    if (change.files > 0) refuse_late_births(home, *runs, files, key);
    add_count(home, {runs->table_name.view(), key}, change);
    charge_touched(home, *runs, touched);
    enqueue_files(home, files, *runs, touched, function_terms(touched));
    if (change.ended() > 0 || has_early_ends(*runs, key)) close_if_last(home, *runs, files, key);
}

// Takes what this statement has gathered, in the order of the locks.
std::vector<Touched> take_statement(const pg::Home &home, Oid files, Statement &all) {
    forget_failed(all);
    std::vector<Touched> taken;
    for (auto entry = all.runs.begin(); entry != all.runs.end();) {
        bool ours = entry->second.files == files && entry->second.started == GetCurrentSubTransactionId();
        if (ours) taken.push_back(std::move(entry->second));
        entry = ours ? all.runs.erase(entry) : std::next(entry);
    }
    all.parents.clear();
    auto place = [&](const Touched &touched) {
        const std::string &key = touched.run.state.key;
        return std::make_pair(FileLock(home, "", key).number(), key);
    };
    std::sort(taken.begin(), taken.end(),
              [&](const Touched &a, const Touched &b) { return place(a) < place(b); });
    return taken;
}

}  // namespace

void charge_files(const pg::Home &home, Governed &runs, const credits::Charge &charge) {
    if (retry::is_void(home, runs, charge.retry_key))
        throw pg::to_error(core::Refusal{
            core::Token::retry_not_allowed_state,
            core::format("retry {} was made void while its files were born",
                         core::shortened(charge.retry_key)),
            {{"run_id", core::shortened(charge.retry_key)}, {"run_table", runs.table_name.string()}},
            "A trigger or a function of the application has called dispatch_failed."});
    (void)credits::charge(home, runs, charge);
}

[[noreturn]] void refuse_unknown_run(const Governed &files, const std::string &key) {
    pg::Error error =
        guard::violation(files, "retry_ledger_birth",
                         core::format("BIRTH_VIOLATION: {} of a run that does not exist", files.label.view()),
                         {{"run_id", key}}, "A file is born into a run that hasn't ended.");
    error.about.run_key.clear();  // it is no key of the files' table
    throw error;
}

TouchedRun &touch(const pg::Home &home, Governed &files, Datum run, bool is_null, CommandId changed_at) {
    if (is_null) refuse_unknown_run(files, "NULL");
    Statement &all = statement.get();
    std::string_view bytes = image(run, files.run);
    SubTransactionId now = GetCurrentSubTransactionId();
    if (all.last != nullptr && all.last->files == files.root && all.last_image == bytes &&
        all.last->started == now && all.last->command == changed_at)
        return all.last->run;
    forget_failed(all);
    std::string key = pg::output_text(files.run.type, run);
    auto known = all.runs.find(Place{files.root, now, key});
    // Rows of a statement all come when all are written.  One that a trigger of it runs is another: its rows
    // may have been written when the run had ended.
    if (known == all.runs.end() || known->second.command != changed_at) {
        RunState state = changing(home, files, run, key, changed_at);
        known =
            all.runs.try_emplace(Place{files.root, now, key}, Touched{{}, files.root, now, changed_at}).first;
        known->second.run.state = std::move(state);
        known->second.command = changed_at;
    }
    all.last = &known->second;
    all.last_image = std::string(bytes);
    return known->second.run;
}

FunctionInsert::FunctionInsert(Oid files, FunctionTerms terms)
    : outer_(std::exchange(statement.get().function, {files, std::move(terms), pg::Moment::now()})) {}

FunctionInsert::~FunctionInsert() {
    if (Statement *all = statement.find()) all->function = std::move(outer_);
}

bool FunctionInsert::covers(Oid files) {
    Statement *all = statement.find();
    return all != nullptr && all->function.files == files && all->function.since.is_one_trigger_ago();
}

bool FunctionInsert::covers(Oid files, const std::string &run) {
    return covers(files) && statement.find()->function.terms.new_run == run;
}

void remember_parent(Oid files, const std::string &key, ParentFile parent) {
    statement.get().parents.insert_or_assign(core::format("{} {}", files, key),
                                             SeenParent{std::move(parent), pg::Moment::now()});
}

std::optional<ParentFile> take_parent(Oid files, const std::string &key, CommandId written_by) {
    Statement *all = statement.find();
    if (all == nullptr) return std::nullopt;
    auto found = all->parents.find(core::format("{} {}", files, key));
    if (found == all->parents.end() || !found->second.moment.is_of_statement(written_by)) return std::nullopt;
    ParentFile parent = std::move(found->second.file);
    all->parents.erase(found);
    return parent;
}

void settle(const pg::Home &home, Oid files_root) {
    Statement *all = statement.find();
    if (all == nullptr || all->runs.empty()) return;
    std::vector<Touched> runs = take_statement(home, files_root, *all);
    if (runs.empty()) return;
    govern::GovernedRef files = govern::find_governed(home, files_root);
    if (!files) return;
    for (const Touched &run : runs) settle_run(home, *files, run);
}

}  // namespace retry_ledger::files

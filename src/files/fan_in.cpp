// The end of a run by its files (fan-in).
//
// The run must end exactly once, by whoever ends its last file, and its row must not be what all workers wait
// for.  So:
//   1. Whoever changes files of a run holds its FileLock shared until the transaction ends.
//   2. The statement's changes are added to file_count, to a row of the process's own.
//   3. It adds up the rows, with what others have done and haven't committed yet: ends count as if they were
//      committed, births don't.  As long as files are open by that sum, there is nothing to do: whoever ends
//      one of those will add up after us.
//   4. If none is open by that sum, it may be the last one.  It gives the shared lock back and takes the
//      exclusive one: that waits until everybody who looked before it has committed or rolled back.  Then it
//      adds up what is committed.  If no file is open the run ends.  If one is, then its transaction is
//      waiting for the same lock, or was rolled back and the file will be ended again, or it has just been
//      born: in all cases somebody comes here later.
// Of the transactions that end files of a run, let L be the one whose step 3 comes last: it sees all ends, so
// it gets to step 4.  Those that got there before it are waited for, or wait for it; the last of them to get
// the lock sees all others committed.
//
// Between giving back and taking the lock another session may end a run whose files we have changed, this one
// or another that has the same lock; or it doesn't end it because it can't see what we have done.  So with
// the lock at hand all of them are looked at.  If that fails, what we have done before must not be committed:
// whoever goes on after rolling back to a savepoint meets refuse_commit.  So does he where the look was
// undone with the savepoint, if another session has left the end of such a run to us.
//
// A statement may change files and end their run at once, in any order: the number of a file's command is
// then not later than that of the end.  But that number is the one of its beginning.  A function or a BEFORE
// trigger that it calls half-way may end the run, have it retried or made void by what its files are then,
// and let the statement go on to write others.  So once something has been decided from an end, whatever
// becomes of it, no file of the run comes late any more.
#include "files/fan_in.hpp"

#include <map>
#include <set>
#include <unordered_map>

#include "files/foreign_triggers.hpp"
#include "govern/transitions.hpp"
#include "govern/written.hpp"
#include "guard/row.hpp"
#include "pg/application.hpp"
#include "pg/as_owner.hpp"
#include "pg/transaction.hpp"
#include "retry/link.hpp"
#include "retry/resolve.hpp"

namespace retry_ledger::files {

namespace {

using govern::Governed;

using Joined = std::map<std::string, SubTransactionId>;  // runs that share a lock, each where it first got it

struct Ended {
    CommandId command;
    SubTransactionId in;
};

// At a run whose files were changed before the savepoint in which it was looked at.
struct Look {
    pg::Home home;
    std::string table, key, name;
    SubTransactionId in;
    bool undone = false;
};

struct Transaction {
    std::map<std::pair<Oid, int>, Joined> joined;       // by table of runs and number of the lock
    std::unordered_map<std::string, Ended> ended_here;  // runs that this transaction has ended, and when
    std::set<std::string> ending;                       // runs whose files are waited for, meanwhile
    std::set<std::string> ended_by_files;               // those that ended here with their last file
    std::set<std::string> early_ends;                   // runs with fewer files than have ended, at some time
    std::vector<Look> looks;
    bool lost = false;  // it must not commit
};

pg::TransactionLocal<Transaction> transaction;

std::string name_of(const Governed &runs, const std::string &key) {
    return core::format("{} {}", runs.root, key);
}

// A step of the run: to a status; the last one to these counts, too.
struct Step {
    std::string status;
    bool last;
    FileCount count;
};

// The step's statement, and what its columns are to be: its status, and counts if it has them.
struct StepUpdate {
    std::string text;
    std::vector<std::string> values;
};

StepUpdate step_update(const Governed &runs, const Governed &files, const Step &step, Datum status) {
    std::string name = pg::quote_ident(runs.status.name.string()), set = name + " = $2", columns = name;
    std::vector<std::string> values = {pg::output_text(runs.status.type, status)};
    auto add_count = [&](const govern::Name &column, const char *parameter, int value) {
        if (!step.last || column.size == 0) return;
        std::string count = pg::quote_ident(column.string());
        set += core::format(", {} = {}", count, parameter);
        columns += ", " + count;
        values.push_back(std::to_string(value));
    };
    add_count(files.completed_column, "$3", step.count.completed);
    add_count(files.failed_column, "$4", step.count.failed + step.count.error);
    std::string key = pg::quote_ident(runs.key.name.string());
    return {core::format("UPDATE {} SET {} WHERE {} OPERATOR(pg_catalog.=) $1 RETURNING {}, {}",
                         runs.table_name.view(), set, key, key, columns),
            std::move(values)};
}

pg::Param key_param(const Governed &runs, const RunState &state) {
    return {runs.key.base_type, pg::input_datum(runs.key.base_type, -1, state.key)};
}

bool update_run(const Governed &runs, const Governed &files, const RunState &state, const Step &step) {
    Datum status = pg::input_datum(runs.status.type, runs.status.typmod, step.status);
    StepUpdate update = step_update(runs, files, step, status);
    pg::Rows updated = pg::write_latest(update.text, {key_param(runs, state),
                                                      {runs.status.type, status},
                                                      pg::int_param(step.count.completed),
                                                      pg::int_param(step.count.failed + step.count.error)});
    govern::require_written(runs, updated, update.values);
    return updated.size() == 1;
}

bool is_seen(const Governed &runs, const RunState &state) {
    return !pg::run_latest(core::format("SELECT 1 FROM {} WHERE {} OPERATOR(pg_catalog.=) $1",
                                        runs.table_name.view(), pg::quote_ident(runs.key.name.string())),
                           {key_param(runs, state)})
                .empty();
}

[[noreturn]] void refuse_suppressed(const Governed &runs, const RunState &state) {
    throw pg::Error{
        ERRCODE_NO_DATA_FOUND,
        core::format("run {} of {} could not end by its files", state.key, runs.table_name.view()),
        "An UPDATE of its status met no row.",
        "A trigger or a rule of the table suppressed it: let it through."};
}

bool may_use(const Governed &runs, const std::string &column, AclMode mode) {
    return pg::pg_call([&] {
        return pg_class_aclcheck(runs.root, GetUserId(), mode) == ACLCHECK_OK ||
               pg_attribute_aclcheck(runs.root, get_attnum(runs.root, column.c_str()), GetUserId(), mode) ==
                   ACLCHECK_OK;
    });
}

// What its UPDATE takes, column by column.
bool may_end_run(const Governed &runs, const Governed &files) {
    for (const govern::Name *column : {&runs.status.name, &files.completed_column, &files.failed_column})
        if (column->size > 0 &&
            !(may_use(runs, column->string(), ACL_UPDATE) && may_use(runs, column->string(), ACL_SELECT)))
            return false;
    return may_use(runs, runs.key.name.string(), ACL_SELECT);
}

// Whoever doesn't see the run, or may not update it, has the owner of the runs end it, as foreign keys do.
// What triggers call then is found by a pinned search_path, not by the caller's, and gets no further than
// the owner does.
void update_as_somebody(const Governed &runs, const Governed &files, const RunState &state,
                        const Step &step) {
    pg::SpiScope spi;
    if (may_end_run(runs, files)) {
        if (update_run(runs, files, state, step)) return;
        // Where policies apply it may be one of them that let no UPDATE meet it.
        if (!retry::sees_by_policy(runs) && is_seen(runs, state)) refuse_suppressed(runs, state);
    }
    refuse_foreign_triggers(runs);
    pg::AsTableReader as_owner(pg::owner_of(runs.root));
    if (!update_run(runs, files, state, step)) refuse_suppressed(runs, state);
}

// Triggers of the runs may bear files of this one before its row says that it has ended.
void require_none_open(const pg::Home &home, const Governed &runs, const RunState &state) {
    int open = fewest_open(home, {runs.table_name.view(), state.key});
    if (open == 0) return;
    throw pg::Error{
        ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
        core::format("run {} of {} could not end by its files", state.key, runs.table_name.view()),
        core::format("None of them was open when it was to end, and {} by now.", open),
        "A trigger of the table bears files of the run: let it do that before the last one ends."};
}

void end_run(const pg::Home &home, const Governed &runs, const Governed &files, const RunState &state,
             const FileCount &count) {
    const govern::Name &status =
        count.failed + count.error == 0 ? files.completed_status : files.partial_status;
    std::vector<std::string> steps = core::way_to(
        state.status, {status.string()}, govern::declared_transitions(runs), !runs.declared_transitions);
    if (steps.empty()) steps.push_back(status.string());  // the guard of the run says why it can't
    for (size_t i = 0; i < steps.size(); i++)
        update_as_somebody(runs, files, state, {steps[i], i + 1 == steps.size(), count});
    require_none_open(home, runs, state);
    transaction.get().ended_by_files.insert(name_of(runs, state.key));
}

// Refuses if somebody else has ended it.
std::optional<RunState> look_at(Governed &runs, const Governed &files, const std::string &key) {
    std::optional<RunState> state = run_state(runs, pg::input_datum(runs.key.base_type, -1, key));
    const Transaction &all = transaction.get();
    const std::string name = name_of(runs, key);
    if (state && state->ended && all.ended_here.count(name) + all.ending.count(name) == 0)
        refuse_ended_run(files, runs, *state);
    return state;
}

// Within the exclusive lock.
void end_if_last(const pg::Home &home, Governed &runs, const Governed &files, const std::string &key) {
    std::optional<RunState> state = look_at(runs, files, key);
    if (!state) return;
    RunName name{runs.table_name.view(), key};
    FileCount count = count_files(home, name);
    if (count.open() < 0) transaction.get().early_ends.insert(name_of(runs, key));
    if (!state->ended && (count.files == 0 || count.open() != 0)) return;
    if (count.rows > 1) sum_up(home, name);
    if (!state->ended) end_run(home, runs, files, *state, count);
}

// A run that was ended within a savepoint that is rolled back may be ended by somebody else, and what was
// seen there must be looked at again.
void forget_undone(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *) noexcept {
    Transaction *all = transaction.find();
    if (all == nullptr || (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)) return;
    const bool undone = event == SUBXACT_EVENT_ABORT_SUB;
    for (auto entry = all->ended_here.begin(); entry != all->ended_here.end();) {
        const bool gone = entry->second.in == mine && undone;
        if (entry->second.in == mine) entry->second.in = parent;
        entry = gone ? all->ended_here.erase(entry) : std::next(entry);
    }
    for (Look &look : all->looks) {
        if (look.in != mine) continue;
        look.undone |= undone;
        look.in = parent;
    }
}

// All files of the run have ended, and nobody else will end it: what we have done of it comes with our
// commit.
bool is_left_open(const Transaction &all, const Look &look) {
    if (!look.undone || all.ended_here.count(look.name) > 0) return false;
    const FileCount count = count_files(look.home, {look.table, look.key});
    return count.files > 0 && count.open() == 0;
}

void refuse_commit(XactEvent event, void *) {
    Transaction *all = transaction.find();
    if ((event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE) || all == nullptr) return;
    (void)pg::entry([&]() -> Datum {
        if (all->lost)
            throw pg::Error{ERRCODE_T_R_SERIALIZATION_FAILURE,
                            "could not keep the runs whose files were changed from ending",
                            "A statement that waited for other transactions failed within a savepoint.",
                            "Repeat the transaction."};
        for (const Look &look : all->looks)
            if (is_left_open(*all, look))
                throw pg::Error{
                    ERRCODE_T_R_SERIALIZATION_FAILURE,
                    core::format("run {} of {} would be left without an end", look.key, look.table),
                    "Its last files have ended, and the end of the run was rolled back with a "
                    "savepoint, within which another transaction was waited for.",
                    "Repeat the transaction."};
        return Datum(0);
    });
}

void watch_transaction() {
    static bool watches = false;
    if (watches) return;
    pg::pg_call([] {
        RegisterSubXactCallback(forget_undone, nullptr);
        RegisterXactCallback(refuse_commit, nullptr);
    });
    watches = true;
}

void remember_end(const std::string &name, CommandId ended_at) {
    watch_transaction();
    transaction.get().ended_here.insert_or_assign(name, Ended{ended_at, GetCurrentSubTransactionId()});
}

void remember_looks(const pg::Home &home, const Governed &runs, const Joined &joined) {
    watch_transaction();
    for (const auto &[key, first] : joined)
        if (first < GetCurrentSubTransactionId())
            transaction.get().looks.push_back(
                {home, runs.table_name.string(), key, name_of(runs, key), GetCurrentSubTransactionId()});
}

// It was retried, or is a retry that was made void.
bool is_decided(const pg::Home &home, const Governed &runs, const std::string &key) {
    return retry::find_link(home, runs, retry::LinkBy::parent, key) || retry::is_void(home, runs, key);
}

// The time in which a run's files are waited for: it may have ended, and nobody else can have ended it.
class Waiting {
public:
    explicit Waiting(std::string run) : run_(std::move(run)) { transaction.get().ending.insert(run_); }
    ~Waiting() {
        if (Transaction *all = transaction.find()) all->ending.erase(run_);
    }
    Waiting(const Waiting &) = delete;

private:
    const std::string run_;
};

// The time in which the lock isn't held, and the looking at the runs after it.
class Gap {
public:
    explicit Gap(const Joined &joined) : exceptions_(std::uncaught_exceptions()) {
        for (const auto &entry : joined) before_ = before_ || entry.second < GetCurrentSubTransactionId();
        watch_transaction();
    }
    ~Gap() {
        if (!before_ || std::uncaught_exceptions() == exceptions_) return;
        if (Transaction *all = transaction.find()) all->lost = true;
    }
    Gap(const Gap &) = delete;

private:
    int exceptions_;
    bool before_ = false;  // something was changed that rolling back to the innermost savepoint leaves
};

// Takes the lock of this run, and looks at all that have it.
void take_lock(const pg::Home &home, Governed &runs, const std::string &key) {
    FileLock lock(home, runs.table_name.view(), key);
    if (lock.is_taken()) return;
    Joined joined = transaction.get().joined[{runs.root, lock.number()}];
    Gap gap(joined);
    lock.take();
    remember_looks(home, runs, joined);
    govern::GovernedRef files = govern::find_governed(home, runs.files);
    if (!files) return;
    for (const auto &entry : joined)
        if (entry.first == key)
            (void)look_at(runs, *files, key);
        else
            end_if_last(home, runs, *files, entry.first);
}

}  // namespace

[[noreturn]] void refuse_ended_run(const Governed &files, const Governed &runs, const RunState &run) {
    pg::Error error = guard::violation(
        files, "retry_ledger_immutable",
        core::format("PB-S1 VIOLATION: Cannot mutate files of {} {}", runs.ended_list(), runs.label.view()),
        {{"run_id", run.key}, {"run_status", run.status}},
        core::format("What a run that ended has left is a fact. To go on with it: SELECT * FROM "
                     "retry_failed_files({}, run_table => {}).",
                     pg::quote_literal(run.key), pg::quote_literal(runs.table_name.string())));
    error.about.run_table = runs.table_name.string();
    throw error;
}

void join(const pg::Home &home, const Governed &runs, const std::string &key) {
    FileLock lock(home, runs.table_name.view(), key);
    lock.share();
    SubTransactionId now = GetCurrentSubTransactionId();
    SubTransactionId &first =
        transaction.get().joined[{runs.root, lock.number()}].try_emplace(key, now).first->second;
    first = std::min(first, now);
}

void close_if_last(const pg::Home &home, Governed &runs, const Governed &files, const std::string &key) {
    if (fewest_open(home, {runs.table_name.view(), key}) > 0) return;
    take_lock(home, runs, key);
    end_if_last(home, runs, files, key);
}

bool has_early_ends(const Governed &runs, const std::string &key) {
    Transaction *all = transaction.find();
    return all != nullptr && all->early_ends.count(name_of(runs, key)) > 0;
}

void end_of_run(const pg::Home &home, Governed &runs, const std::string &key, CommandId ended_at) {
    remember_end(name_of(runs, key), ended_at);
    take_lock(home, runs, key);
}

// Who has written the row needn't have ended the run: an ended row may be written as it was.  That it was
// ended here, and when, only its guard knows.
void wait_for_files(const pg::Home &home, Governed &runs, const std::string &key) {
    if (!is_written_here(runs, key)) return;
    const Waiting waiting(name_of(runs, key));
    take_lock(home, runs, key);
}

void refuse_late_births(const pg::Home &home, Governed &runs, const Governed &files, const std::string &key) {
    Transaction *all = transaction.find();
    std::string name = name_of(runs, key);
    if (all == nullptr || all->ended_here.count(name) == 0) return;
    if (all->ended_by_files.count(name) == 0 && !is_decided(home, runs, key)) return;
    std::optional<RunState> state = run_state(runs, pg::input_datum(runs.key.base_type, -1, key));
    if (state && state->ended) refuse_ended_run(files, runs, *state);
}

bool ended_afterwards(const pg::Home &home, const Governed &runs, const std::string &key,
                      CommandId changed_at) {
    Transaction *all = transaction.find();
    if (all == nullptr) return false;
    auto found = all->ended_here.find(name_of(runs, key));
    return found != all->ended_here.end() && changed_at <= found->second.command &&
           !is_decided(home, runs, key);
}

}  // namespace retry_ledger::files

// What only tables of files have: the governed table of their runs, which files a retry takes up, and how a
// run ends when its last file does.
#include <algorithm>

#include "govern/adopt_steps.hpp"
#include "govern/governed.hpp"
#include "pg/cursor.hpp"

namespace retry_ledger::govern {

namespace {

using core::Phase;
using core::Role;

constexpr long batch_rows = 1000;

[[noreturn]] void refuse_runs(const Adopting &a, const std::string &message, const std::string &detail,
                              const std::string &hint) {
    throw refusal(a.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message, detail, hint);
}

GovernedRef runs_of(const Adopting &a) {
    const Request &request = a.request;
    std::string name = pg::qualified_name(request.of_table);
    GovernedRef runs = find_governed(request.home, request.of_table);
    if (!runs || runs->kind != Kind::runs || runs->root != request.of_table)
        refuse_runs(a, core::format("{} is not a governed run table", name),
                    core::format("The files of {} belong to runs that end for ever.", a.table.qualified),
                    core::format("Adopt it first: SELECT * FROM {}.govern_runs({}).",
                                 pg::schema_name(request.home), pg::quote_literal(name)));
    if (!pg::pg_call([&] { return pg::compat::owns_relation(request.of_table, GetUserId()); }))
        throw refusal(a.table, ERRCODE_INSUFFICIENT_PRIVILEGE,
                      core::format("must be owner of table {}", name),
                      "Its runs end by their files from now on.", "Ask its owner.");
    if (OidIsValid(runs->files) && runs->files != a.table.relation)
        refuse_runs(a,
                    core::format("the files of {} are in {} already", name, pg::qualified_name(runs->files)),
                    "A run ends by the files of one table.", "Release that one first.");
    if (a.recorded && a.recorded->adoption.of_table != request.of_table)
        refuse_runs(a,
                    core::format("{} has the files of {}", a.table.qualified,
                                 pg::qualified_name(a.recorded->adoption.of_table)),
                    "Files don't move to other runs.", "Release it first.");
    return runs;
}

void check_run_column(const Adopting &a, const Governed &runs) {
    const ColumnShape &run = *a.mapped(Role::run);
    bool text = runs.key.base_type == TEXTOID || runs.key.base_type == VARCHAROID;
    require_not_null(a, run, "run", "A file belongs to a run.");
    if (run.base_type == runs.key.base_type || (text && run.is_text())) return;
    throw refusal(
        a.table, ERRCODE_DATATYPE_MISMATCH,
        core::format("the run column \"{}\" of {} has type {}", run.name, a.table.qualified, run.type_name),
        core::format("The key of {} has type {}.", runs.table_name.view(),
                     pg::pg_call([&] { return format_type_be(runs.key.base_type); })),
        core::format("Name another column: {}.", a.request.call_with("run_column", "'...'")), run.name);
}

// One row of a run for each of its files: what makes a second attempt in the same run impossible.
const IndexShape *unique_index(const Adopting &a) {
    int run = a.mapped(Role::run)->number, index = a.mapped(Role::index)->number;
    for (const IndexShape &shape : a.table.indexes)
        if (shape.unique && shape.usable && !shape.predicate && shape.columns.size() == 2 &&
            ((shape.columns[0] == run && shape.columns[1] == index) ||
             (shape.columns[0] == index && shape.columns[1] == run)) &&
            lasts(a, shape))
            return &shape;
    return nullptr;
}

void check_index(Adopting &a) {
    const ColumnShape &index = *a.mapped(Role::index);
    require_not_null(a, index, "index", "It tells the files of a run apart.");
    if (const IndexShape *shape = unique_index(a))
        return a.add("unique_file", shape->name, "a unique index on run and index");
    if (a.table.partitioned()) {
        std::string run = pg::quote_ident(a.mapped(Role::run)->name);
        throw refusal(a.table, ERRCODE_FEATURE_NOT_SUPPORTED,
                      core::format("{} has no unique index on ({}, {})", a.table.qualified, run,
                                   pg::quote_ident(index.name)),
                      "Two attempts of one file in one run must be impossible.",
                      core::format("Partition the table by {} and CREATE UNIQUE INDEX ON {} ({}, {}).", run,
                                   a.table.qualified, run, pg::quote_ident(index.name)),
                      index.name);
    }
}

void check_new_key(const Adopting &a) {
    if (a.decided.new_key != "caller") return;
    const ColumnShape &key = *a.mapped(Role::key);
    throw refusal(a.table, ERRCODE_FEATURE_NOT_SUPPORTED,
                  core::format("the key column \"{}\" of {} has no default", key.name, a.table.qualified),
                  "The files of a retry are inserted in one statement, each with a key of its own.",
                  core::format("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT ....", a.table.qualified,
                               pg::quote_ident(key.name)),
                  key.name);
}

[[noreturn]] void refuse_status(const Adopting &a, const char *argument, const std::string &status,
                                const std::string &detail) {
    throw refusal(a.table, ERRCODE_INVALID_PARAMETER_VALUE,
                  core::format("{} can't be \"{}\"", argument, status), detail,
                  core::format("SELECT * FROM {}.governed_tables shows the statuses of governed tables.",
                               pg::schema_name(a.request.home)));
}

MaybeText first_of(const NameList &ended, const ColumnShape &column, const std::vector<const char *> &names) {
    for (const char *name : names)
        for (const Name &status : ended)
            if (core::lower_case(status.view()) == name && column.holds(status.string()))
                return status.string();
    return std::nullopt;
}

// An ended status of the runs: named, recorded or by convention.
MaybeText run_status(Adopting &a, const Governed &runs, const ColumnShape &column, const char *argument,
                     const MaybeText &named, const MaybeText &recorded,
                     const std::vector<const char *> &names) {
    MaybeText status = named ? named : recorded ? recorded : first_of(runs.ended, column, names);
    if (!status)
        refuse_runs(
            a,
            core::format("no ended status of {} says that a run has {}", runs.table_name.view(),
                         strcmp(argument, "completed_status") == 0 ? "completed" : "completed with errors"),
            core::format("A run whose last file ends is to end, as completed or with errors. Its ended "
                         "statuses are: {}.",
                         runs.ended_list()),
            core::format("Name it: {}.", a.request.call_with(argument, "'...'")));
    if (!runs.ended.contains(*status))
        refuse_status(
            a, argument, *status,
            core::format("The ended statuses of {} are: {}.", runs.table_name.view(), runs.ended_list()));
    if (!column.holds(*status))
        refuse_status(a, argument, *status,
                      core::format("Column \"{}\" of {} has type {}.", column.name, runs.table_name.view(),
                                   column.type_name));
    a.add(argument, status, core::format("how a run of {} ends by its files", runs.table_name.view()));
    return status;
}

// A column of the runs that counts files: an integer one, or none.
MaybeText count_column(Adopting &a, const TableShape &runs, const char *argument, const MaybeText &named,
                       const MaybeText &recorded, const std::vector<const char *> &names) {
    MaybeText column = named ? named : recorded;
    if (!column && !a.recorded)
        for (const char *name : names)
            for (const std::string &spelled : runs.spelled(name))
                if (!column) column = spelled;
    if (column && column->empty()) column.reset();
    if (!column) return column;
    const ColumnShape *shape = runs.find(*column);
    if (shape == nullptr ||
        (shape->base_type != INT2OID && shape->base_type != INT4OID && shape->base_type != INT8OID))
        throw refusal(
            a.table, ERRCODE_UNDEFINED_COLUMN,
            core::format("{} has no integer column \"{}\"", runs.qualified, *column),
            core::format("It was meant as {}.", argument),
            core::format("Name another one: {}; '' is none.", a.request.call_with(argument, "'...'")),
            *column);
    a.add(argument, column, core::format("of {}: written when a run ends by its files", runs.qualified));
    return column;
}

Names statuses_that_are(const Adoption &decided, core::FileState state) {
    Names result;
    for (const std::string &status : decided.statuses.ended)
        if (core::file_state(status, decided.statuses.ended, decided.retry_statuses,
                             decided.success_statuses) == state)
            result.push_back(status);
    return result;
}

}  // namespace

void check_files(Adopting &a) {
    GovernedRef runs = runs_of(a);
    a.decided.of_table = a.request.of_table;
    a.add("of_table", runs->table_name.string(), "the runs that the files belong to");
    check_run_column(a, *runs);
    check_index(a);
    check_new_key(a);
    const Adoption *recorded = a.recorded ? &a.recorded->adoption : nullptr;
    const MaybeText none;
    TableShape shape = read_shape(runs->root);
    const ColumnShape &column = shape.column(runs->status.name.string());
    a.decided.completed_status =
        run_status(a, *runs, column, "completed_status", a.request.completed_status,
                   recorded ? recorded->completed_status : none, {"completed", "succeeded", "success"});
    a.decided.partial_status =
        run_status(a, *runs, column, "partial_status", a.request.partial_status,
                   recorded ? recorded->partial_status : none, {"completed_with_errors", "failed"});
    a.decided.completed_column = count_column(a, shape, "completed_column", a.request.completed_column,
                                              recorded ? recorded->completed_column : none,
                                              {"completed_files", "files_completed", "completed_count"});
    a.decided.failed_column = count_column(a, shape, "failed_column", a.request.failed_column,
                                           recorded ? recorded->failed_column : none,
                                           {"failed_files", "files_failed", "failed_count"});
}

namespace {

void decide_successes(Adopting &a) {
    const core::Statuses &statuses = a.decided.statuses;
    Names &decided = a.decided.success_statuses;
    if (a.request.success_statuses)
        decided = *a.request.success_statuses;
    else if (a.recorded)
        decided = a.recorded->adoption.success_statuses;
    else
        for (const std::string &status : statuses.ended)
            if (core::is_success(status)) decided.push_back(status);
    for (const std::string &status : decided)
        if (statuses.phase_of(status) != Phase::ended)
            refuse_status(a, "success_statuses", status, "A file that has completed has ended.");
    if (decided.empty())
        throw refusal(a.table, ERRCODE_INVALID_PARAMETER_VALUE,
                      core::format("no ended status of {} says that a file has completed", a.table.qualified),
                      core::format("They are: {}.", join(statuses.ended, "/")),
                      core::format("Name it: {}.", a.request.call_with("success_statuses", "'{...}'")));
    a.add("success_statuses", join(decided), "say that a file has completed");
}

bool is_success(const Adopting &a, const std::string &status) {
    const Names &successes = a.decided.success_statuses;
    return std::find(successes.begin(), successes.end(), status) != successes.end();
}

}  // namespace

// By default what failed, and what was never run.
void decide_file_statuses(Adopting &a) {
    decide_successes(a);
    const core::Statuses &statuses = a.decided.statuses;
    Names &decided = a.decided.retry_statuses;
    if (a.request.retry_statuses) {
        decided = *a.request.retry_statuses;
    } else if (a.recorded) {
        decided = a.recorded->adoption.retry_statuses;
    } else {
        for (const std::string &status : statuses.ended)
            if (core::lower_case(status) == "failed") decided.push_back(status);
        decided.insert(decided.end(), statuses.initial.begin(), statuses.initial.end());
    }
    bool failed = false;
    for (const std::string &status : decided) {
        if (!statuses.contains(status) || is_success(a, status))
            refuse_status(a, "retry_statuses", status,
                          "It is to name statuses of files that failed or never ran.");
        failed = failed || statuses.phase_of(status) == Phase::ended;
    }
    if (!failed)
        refuse_status(a, "retry_statuses", join(decided), "It names no status in which a file has failed.");
    a.add("retry_statuses", join(decided), "what a retry of the run takes up; the ended ones are charged");
}

void create_file_index(Adopting &a, Work &work) {
    if (unique_index(a) != nullptr) return;
    work.run(core::format("CREATE UNIQUE INDEX ON {} ({}, {})", a.table.qualified,
                          pg::quote_ident(a.mapped(Role::run)->name),
                          pg::quote_ident(a.mapped(Role::index)->name)),
             "SHARE");
    a.add("unique_file", "created", "no two attempts of one file in one run");
}

namespace {

void forget_counts(const Adopting &a, const std::string &runs) {
    pg::AsRole owner(a.request.home.owner);
    pg::run(core::format("DELETE FROM {}.file_count WHERE run_table = $1", pg::schema_name(a.request.home)),
            {pg::text_param(runs)});
}

}  // namespace

bool counts_differently(const Adopting &a) {
    if (!a.recorded) return true;
    const Adoption &before = a.recorded->adoption, &now = a.decided;
    return before.retry_statuses != now.retry_statuses || before.success_statuses != now.success_statuses ||
           before.statuses.ended != now.statuses.ended;
}

// The files that are there already, one row for each run.
void count_files(const Adopting &a) {
    auto column = [&](Role role) { return pg::quote_ident(a.mapped(role)->name); };
    std::string word = text_expression("t", *a.mapped(Role::status)),
                before = text_expression("p", *a.mapped(Role::status));
    pg::Cursor cursor(core::format(
        "SELECT {0}, count(*)::int, (count(*) FILTER (WHERE {1} = ANY ({2})))::int,"
        " (count(*) FILTER (WHERE {1} = ANY ({3})))::int, (count(*) FILTER (WHERE {1} = ANY ({4})))::int,"
        " (count(*) FILTER (WHERE {5} = ANY ({6})))::int, (count(*) FILTER (WHERE {5} <> ALL ({6})))::int"
        " FROM {7} t LEFT JOIN {7} p ON p.{8} = t.{9} GROUP BY t.{10}",
        text_expression("t", *a.mapped(Role::run)), word,
        array_literal(statuses_that_are(a.decided, core::FileState::completed)),
        array_literal(statuses_that_are(a.decided, core::FileState::failed)),
        array_literal(statuses_that_are(a.decided, core::FileState::error)), before,
        array_literal(a.decided.statuses.ended), a.table.qualified, column(Role::key), column(Role::parent),
        column(Role::run)));
    std::string runs = pg::qualified_name(a.decided.of_table);
    Oid counts = pg::own_relation(a.request.home, "file_count");
    forget_counts(a, runs);
    pg::TemporaryMemory memory;
    for (pg::Rows rows = cursor.fetch(batch_rows); !rows.empty(); rows = cursor.fetch(batch_rows)) {
        pg::KeepOpen open(counts);
        for (uint64 i = 0; i < rows.size(); i++) {
            auto number = [&](int column) {
                return Int32GetDatum(static_cast<int32>(rows.integer(i, column)));
            };
            Datum values[] = {pg::text_datum(runs),
                              pg::text_datum(rows.string(i, 1)),
                              Int32GetDatum(-1),
                              number(2),
                              number(3),
                              number(4),
                              number(5),
                              number(6),
                              number(7)};
            bool nulls[9] = {};
            pg::insert_row(counts, values, nulls);
        }
        memory.reset();
    }
}

}  // namespace retry_ledger::govern

// govern_runs, govern_append_only and govern_write_once: the order of the steps.
#include "govern/adopt.hpp"

#include <algorithm>

#include "govern/adopt_steps.hpp"
#include "govern/governed.hpp"
#include "guard/ddl.hpp"
#include "guard/doubts.hpp"
#include "guard/label.hpp"
#include "guard/lock.hpp"
#include "guard/locked_database.hpp"

namespace retry_ledger::govern {

namespace {

const char *lock_name(LOCKMODE mode) {
    return mode == AccessExclusiveLock     ? "ACCESS EXCLUSIVE"
           : mode == ShareRowExclusiveLock ? "SHARE ROW EXCLUSIVE"
                                           : "ACCESS SHARE";
}

// The table with all its partitions.
void lock(Oid table, LOCKMODE mode) {
    pg::pg_call([&] {
        LockRelationOid(table, mode);
        (void)find_all_inheritors(table, mode, nullptr);
    });
}

Adopting start(const Request &request, const char *kind) {
    Adopting a{request, read_shape(request.table), std::nullopt, {}, {}, {}, History::none};
    check_table(a.table, request);
    a.recorded = read_recorded(request.home, request.table);
    if (!a.recorded) check_references(a.table);
    a.decided.kind = kind;
    a.decided.label = request.label.value_or(a.recorded ? a.recorded->adoption.label : a.table.name);
    a.decided.locked = a.recorded ? a.recorded->adoption.locked : guard::is_preloaded();
    if (a.recorded && a.recorded->adoption.kind != kind)
        throw refusal(
            a.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            core::format("{} is governed already, as {}", a.table.qualified, a.recorded->adoption.kind),
            "The kind of a governed table doesn't change.",
            core::format("Release it first: SELECT {}.release_governance({}, 'why').",
                         pg::schema_name(request.home), pg::quote_literal(a.table.qualified)));
    a.add("table", a.table.qualified,
          a.recorded ? "governed already: what isn't named is kept" : "not governed yet");
    a.add("label", a.decided.label, "its name in messages");
    if (a.decided.locked)
        a.add("level", "locked",
              "neither its owner nor a superuser gets around the guards through SQL on this server");
    return a;
}

// Looks before the lock to know which lock it needs, and again under it: only that look counts.
template <class Look>
Adopting look_under_lock(const Request &request, const Look &look) {
    Adopting before = look();
    LOCKMODE mode = before.new_columns.empty() ? ShareRowExclusiveLock : AccessExclusiveLock;
    lock(request.table, request.dry_run ? AccessShareLock : mode);
    Adopting a = look();
    if (!a.new_columns.empty() && mode != AccessExclusiveLock) {
        mode = AccessExclusiveLock;
        lock(request.table, request.dry_run ? AccessShareLock : mode);
    }
    a.add("lock", lock_name(mode),
          mode == AccessExclusiveLock
              ? "columns are added: readers and writers wait until the transaction ends"
              : "writers wait until the transaction ends, readers don't");
    return a;
}

// Of a table whose rows have statuses.
Adopting look_at_lives(const Request &request, const char *kind) {
    Adopting a = start(request, kind);
    check_change(a);
    map_columns(a);
    check_columns_kept(a);
    check_key(a);
    divide_columns(a);
    check_policy_kept(a);
    freeze_columns(a);
    check_uniques(a);
    bool files = a.decided.kind == "files";
    if (files) check_files(a);
    check_declared_statuses(a);
    check_guard_names(a);
    if (!files) check_history_view(a);
    return a;
}

void add_columns(Adopting &a, Work &work) {
    if (a.new_columns.empty()) return;
    Names actions;
    for (const NewColumn &column : a.new_columns)
        actions.push_back(core::format("ADD COLUMN {} {}", pg::quote_ident(column.name), column.definition));
    work.run(core::format("ALTER TABLE {} {}", a.table.qualified, join(actions)), "ACCESS EXCLUSIVE");
    if (!work.dry_run()) a.table = read_shape(a.table.relation);
}

void report_rows(Adopting &a, const Existing &existing) {
    std::string detail =
        existing.digest.empty() ? "no primary key, so no order and no digest" : "digest " + existing.digest;
    if (a.decided.has_statuses()) {
        Names counts;
        for (const auto &[status, count] : existing.by_status)
            counts.push_back(core::format("{} {}", count, status));
        detail = core::format("taken as found; {} ended{}{}; {}", existing.ended, counts.empty() ? "" : ": ",
                              join(counts), detail);
    }
    a.add("existing_rows", core::format("{}", existing.rows), detail);
}

void report_history(Adopting &a, const Existing &existing) {
    if (a.history == History::none) return;
    std::string detail = a.history == History::its_own
                             ? "what was recorded of this table before its release"
                             : "what was recorded under this name, all of whose runs are here";
    if (existing.gone > 0)
        detail +=
            core::format("; {} of its runs are gone, and no run is born with their keys", existing.gone);
    a.add("history", "goes on", detail);
}

Existing look_at_rows(Adopting &a) {
    Existing existing = scan_runs(a);
    Names stored;
    for (const auto &[status, count] : existing.by_status) stored.push_back(status);
    decide_statuses(a, stored);
    for (const auto &[status, count] : existing.by_status)
        if (a.decided.statuses.phase_of(status) == core::Phase::ended) existing.ended += count;
    const bool files = a.decided.kind == "files";
    if (files) decide_file_statuses(a);
    check_meanings_kept(a, stored);
    if (!files) adopt_legacy_retries(a, existing);
    report_rows(a, existing);
    report_history(a, existing);
    return existing;
}

void report_row_security(Adopting &a) {
    a.add("row_level_security", a.table.row_security ? "on" : "off",
          "accepted as it stands, with the table's policies and rules");
}

// Actions of foreign keys change rows as any statement does, and are refused like one.
void report_foreign_keys(Adopting &a) {
    const pg::Rows keys = pg::run_latest(
        "SELECT k.conname::text, concat_ws(', ', CASE confdeltype WHEN 'c' THEN 'ON DELETE CASCADE'"
        " WHEN 'n' THEN 'ON DELETE SET NULL' WHEN 'd' THEN 'ON DELETE SET DEFAULT' END,"
        " CASE confupdtype WHEN 'c' THEN 'ON UPDATE CASCADE' WHEN 'n' THEN 'ON UPDATE SET NULL'"
        " WHEN 'd' THEN 'ON UPDATE SET DEFAULT' END), k.confrelid FROM pg_constraint k"
        " WHERE k.conrelid = $1 AND k.contype = 'f' AND k.confrelid <> k.conrelid"
        " AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd')) ORDER BY k.conname",
        {pg::oid_param(a.table.relation)});
    for (uint64 i = 0; i < keys.size(); i++)
        a.add(
            "foreign_key", keys.string(i, 1),
            core::format("{}: a DELETE or UPDATE of {} is refused where that would delete a governed row, or "
                         "change what never changes",
                         keys.string(i, 2), pg::qualified_name(static_cast<Oid>(keys.integer(i, 3)))));
}

void report_doubts(Adopting &a) {
    std::vector<Oid> relations;
    for (const Member &member : a.table.members) relations.push_back(member.relation);
    guard::Doubts all;
    guard::add_columns_of_cubes(relations, all);
    if (!a.decided.locked || !guard::is_preloaded()) guard::add_misleading_parts(relations, all);
    for (const auto &[relation, doubts] : all)
        for (const std::string &doubt : doubts)
            a.add("missing", doubt,
                  "whoever writes rows can hide some by it: guard_status() says none while it is there");
}

Report finish(Adopting &a, const Existing &existing) {
    report_row_security(a);
    report_foreign_keys(a);
    report_doubts(a);
    if (!a.request.dry_run) {
        record(a, existing);
        forget_governed(a.table.relation);
        guard::lock_changed(a.request.home);
        if (a.decided.locked && guard::is_preloaded()) {
            guard::end_restore(a.request.home);
            guard::label_database(a.request.home);
        }
    }
    a.add("ledger", a.recorded ? "regoverned" : "adopted",
          a.request.dry_run ? "would be recorded" : "recorded");
    return std::move(a.report);
}

Report govern_runs(const Request &request) {
    Adopting a = look_under_lock(request, [&] { return look_at_lives(request, "runs"); });
    Report ddl;
    Work work(ddl, request.dry_run);
    add_columns(a, work);
    Existing existing = look_at_rows(a);
    attach_guards(a, work);
    create_history_view(a, work);
    Report report = finish(a, existing);
    report.insert(report.end(), ddl.begin(), ddl.end());
    return report;
}

Report govern_files(const Request &request) {
    Adopting a = look_under_lock(request, [&] { return look_at_lives(request, "files"); });
    Report ddl;
    Work work(ddl, request.dry_run);
    add_columns(a, work);
    create_file_index(a, work);
    Existing existing = look_at_rows(a);
    attach_guards(a, work);
    Report report = finish(a, existing);
    if (!request.dry_run) {
        if (counts_differently(a)) count_files(a);
        forget_governed(a.decided.of_table);
    }
    report.insert(report.end(), ddl.begin(), ddl.end());
    return report;
}

void check_once_columns(Adopting &a) {
    const Names once = a.request.once.value_or(Names());
    std::string example = a.request.call_with("once_columns", "'{...}'") + ".";
    if (once.empty())
        throw refusal(
            a.table, ERRCODE_INVALID_PARAMETER_VALUE, "once_columns must name a column",
            "They are the columns that may go from NULL to a value, once.",
            example + core::format(" If no column may: SELECT {}.govern_append_only({}).",
                                   pg::schema_name(a.request.home), pg::quote_literal(a.table.qualified)));
    for (const std::string &name : once) {
        const ColumnShape *column = a.table.find(name);
        if (column == nullptr)
            throw refusal(a.table, ERRCODE_UNDEFINED_COLUMN,
                          core::format("column \"{}\" of {} does not exist", name, a.table.qualified),
                          "It was named in once_columns.", example, name);
        if (std::count(once.begin(), once.end(), name) > 1)
            throw refusal(a.table, ERRCODE_DUPLICATE_COLUMN,
                          core::format("column \"{}\" stands twice in once_columns", name),
                          "Each column is named once.", example, name);
        if (column->not_null || column->generated)
            throw refusal(
                a.table, ERRCODE_INVALID_PARAMETER_VALUE,
                core::format("column \"{}\" of {} can't be written once", name, a.table.qualified),
                column->generated ? "It is generated." : "It is NOT NULL, so it has its value from birth.",
                example, name);
    }
    a.decided.once = once;
    a.add("once_columns", join(once), "may go from NULL to a value once; every other column never changes");
}

Adopting look_at_facts(const Request &request, const char *kind) {
    Adopting a = start(request, kind);
    if (a.decided.kind == "write_once") check_once_columns(a);
    check_change(a);
    check_guard_names(a);
    return a;
}

Report govern_facts(const Request &request, const char *kind) {
    Adopting a = look_under_lock(request, [&] { return look_at_facts(request, kind); });
    Report ddl;
    Work work(ddl, request.dry_run);
    Existing existing = scan_rows(a);
    report_rows(a, existing);
    report_history(a, existing);
    attach_guards(a, work);
    Report report = finish(a, existing);
    report.insert(report.end(), ddl.begin(), ddl.end());
    return report;
}

void put(FunctionCallInfo fcinfo, const Decision &row) {
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    Datum values[] = {pg::text_datum(row.item), row.decision ? pg::text_datum(*row.decision) : Datum(0),
                      pg::text_datum(row.detail)};
    bool nulls[] = {false, !row.decision, false};
    pg::pg_call([&] { tuplestore_putvalues(result->setResult, result->setDesc, values, nulls); });
}

}  // namespace

void Work::run(const std::string &sql, const char *lock) {
    if (dry_run_) {
        report_.push_back({"ddl", sql, lock});
        return;
    }
    guard::run_our_ddl(sql);
}

Datum answer(FunctionCallInfo fcinfo, const std::function<Report()> &body) {
    pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
    Report report;
    {
        pg::SpiScope spi;
        pg::PinnedSearchPath path;
        report = body();
    }
    for (const Decision &row : report) put(fcinfo, row);
    return Datum(0);
}

}  // namespace retry_ledger::govern

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(govern_runs) {
    return pg::entry([&] {
        return govern::answer(fcinfo, [&] { return govern::govern_runs(govern::read_runs_request(fcinfo)); });
    });
}

RETRY_LEDGER_FUNCTION(govern_files) {
    return pg::entry([&] {
        return govern::answer(fcinfo,
                              [&] { return govern::govern_files(govern::read_files_request(fcinfo)); });
    });
}

RETRY_LEDGER_FUNCTION(govern_append_only) {
    return pg::entry([&] {
        return govern::answer(fcinfo, [&] {
            return govern::govern_facts(govern::read_append_only_request(fcinfo), "append_only");
        });
    });
}

RETRY_LEDGER_FUNCTION(govern_write_once) {
    return pg::entry([&] {
        return govern::answer(fcinfo, [&] {
            return govern::govern_facts(govern::read_write_once_request(fcinfo), "write_once");
        });
    });
}

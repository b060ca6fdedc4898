#include "work/rows.hpp"

#include "files/file_count.hpp"
#include "govern/transitions.hpp"
#include "govern/written.hpp"
#include "pg/column_text.hpp"
#include "pg/subtransaction.hpp"
#include "pg/text.hpp"
#include "retry/resolve.hpp"
#include "retry/statements.hpp"

namespace retry_ledger::work {

namespace {

using govern::Column;
using govern::Governed;

constexpr size_t most_kept_updates = 32;

std::string quoted(const Column &column) {
    return pg::quote_ident(column.name.string());
}

// From where a row may go straight to the status.
std::vector<std::string> straight_sources(const Governed &table, const Move &move) {
    std::vector<std::string> statuses = table.initial.strings();
    if (move.from == From::anywhere)
        for (const govern::Name &active : table.active) statuses.push_back(active.string());
    return core::straight_sources(move.status, statuses, govern::declared_transitions(table),
                                  !table.declared_transitions);
}

std::string column_type(const Governed &table, const std::string &name) {
    struct Type {
        Oid type, collation;
        int32 typmod;
    };
    Type type = pg::pg_call([&] {
        Type found{};
        AttrNumber attnum = get_attnum(table.root, name.c_str());
        if (attnum > 0)
            get_atttypetypmodcoll(table.root, attnum, &found.type, &found.typmod, &found.collation);
        return found;
    });
    if (!OidIsValid(type.type))
        throw pg::Error{ERRCODE_UNDEFINED_COLUMN,
                        core::format("column \"{}\" of {} is missing", name, table.table_name.view())};
    return pg::pg_call([&] {
        return format_type_extended(type.type, type.typmod,
                                    FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
    });
}

// $1 key or keys, $2 status, $3 statuses to go from, $4 outcome or outcomes.
std::string update_text(const Governed &table, const Move &move, bool many) {
    std::string set = core::format("{} = $2", quoted(table.status)), types;
    if (move.stamp) {
        std::string stamp = pg::quote_ident(*move.stamp);
        set += core::format(", {0} = coalesce(t.{0}, pg_catalog.clock_timestamp())", stamp);
    }
    for (const std::string &column : move.columns) {
        std::string name = pg::quote_ident(column);
        set += core::format(", {0} = r.{0}", name);
        types += core::format("{}{} {}", types.empty() ? "" : ", ", name, column_type(table, column));
    }
    std::string from, condition = many ? "OPERATOR(pg_catalog.=) ANY ($1)" : "OPERATOR(pg_catalog.=) $1";
    if (!types.empty() && many) {
        from = core::format(
            " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($4)) AS k(key, outcome)"
            " CROSS JOIN LATERAL pg_catalog.jsonb_to_record(k.outcome) AS r({})",
            types);
        condition = "OPERATOR(pg_catalog.=) k.key";
    } else if (!types.empty()) {
        from = core::format(" FROM pg_catalog.jsonb_to_record($4) AS r({})", types);
    }
    return core::format(
        "UPDATE {} t SET {}{} WHERE t.{} {}"
        " AND {} OPERATOR(pg_catalog.=) ANY ($3) RETURNING t.{}, t.{}",
        table.table_name.view(), set, from, quoted(table.key), condition,
        pg::text_expression("t." + quoted(table.status), table.status.base_type), quoted(table.key),
        quoted(table.status));
}

pg::Param jsonb_array_param(const std::vector<RowOutcome> &rows) {
    std::vector<Datum> values;
    for (const RowOutcome &row : rows)
        values.push_back(pg::input_datum(JSONBOID, -1, row.outcome.value_or("{}")));
    Datum array = pg::pg_call([&] {
        return PointerGetDatum(construct_array(values.data(), static_cast<int>(values.size()), JSONBOID, -1,
                                               false, TYPALIGN_INT));
    });
    return {JSONBARRAYOID, array};
}

std::vector<std::string> keys_of(const std::vector<RowOutcome> &rows) {
    std::vector<std::string> keys;
    for (const RowOutcome &row : rows) keys.push_back(row.key);
    return keys;
}

std::vector<pg::Param> update_params(const Governed &table, const Move &move,
                                     const std::vector<std::string> &sources,
                                     const std::vector<RowOutcome> &rows, bool many) {
    Oid type = table.key.base_type;
    std::vector<pg::Param> params = {
        many ? retry::key_array(table, keys_of(rows))
             : pg::Param{type, pg::input_datum(type, -1, rows.front().key)},
        {table.status.type, pg::input_datum(table.status.type, table.status.typmod, move.status)},
        pg::text_array_param(sources)};
    if (move.columns.empty()) return params;
    params.push_back(many ? jsonb_array_param(rows) : pg::jsonb_param(rows.front().outcome.value_or("{}")));
    return params;
}

// Kept by its text: how many there are depends on the sets of columns that workers report.
pg::Rows run_kept_update(Governed &table, const Move &move, const std::vector<pg::Param> &params, bool many) {
    std::string name = move.stamp.value_or("") + (many ? "\n*" : "\n");
    for (const std::string &column : move.columns) name += "\n" + column;
    if (table.work == nullptr) return pg::write_latest(update_text(table, move, many), params);
    auto &kept = table.work->updates;
    auto found = kept.find(name);
    if (found == kept.end()) {
        std::string text = update_text(table, move, many);
        if (kept.size() >= most_kept_updates) return pg::write_latest(text, params);
        std::vector<Oid> types;
        for (const pg::Param &param : params) types.push_back(param.type);
        SPIPlanPtr plan = pg::prepare_kept(text, types, many ? pg::Plan::generic : pg::Plan::automatic);
        found = kept.emplace(std::move(name), plan).first;
    }
    // By index, however large the table was when it was planned: to plan for each batch costs more.
    if (many) pg::plan_without(found->second, {"enable_seqscan"});
    return pg::write_latest(found->second, params);
}

// The rows that were moved, each into this status and no other.
pg::Rows run_update(Governed &table, const Move &move, const std::vector<std::string> &sources,
                    const std::vector<RowOutcome> &rows) {
    bool many = rows.size() > 1;
    std::vector<pg::Param> params = update_params(table, move, sources, rows, many);
    pg::Rows updated = run_kept_update(table, move, params, many);
    if (!updated.empty())
        govern::require_written(table, updated, {pg::output_text(table.status.type, params[1].value)});
    return updated;
}

// A row that can't go straight: through the statuses that lie between, or the guard says why not.  False if
// somebody else has moved it meanwhile.
bool walk(Governed &table, const Move &move, const RowOutcome &row, const std::string &from) {
    std::vector<std::string> way =
        core::way_to(from, {move.status}, govern::declared_transitions(table), !table.declared_transitions);
    std::string at = from;
    for (size_t i = 0; i + 1 < way.size(); i++) {
        Move step{way[i], {}, std::nullopt, From::anywhere};
        if (run_update(table, step, {at}, {{row.key, std::nullopt}}).empty()) return false;
        at = way[i];
    }
    return !run_update(table, move, {at}, {row}).empty();
}

std::string statuses_text(const Governed &table) {
    return core::format("SELECT t.{0}, t.{1} FROM {2} t WHERE t.{0} OPERATOR(pg_catalog.=) ANY ($1)",
                        quoted(table.key), quoted(table.status), table.table_name.view());
}

std::unordered_map<std::string, std::string> statuses_of_rows(Governed &table,
                                                              const std::vector<std::string> &keys) {
    pg::Param array = retry::key_array(table, keys);
    pg::Rows rows;
    if (table.work == nullptr) {
        rows = pg::run_latest(statuses_text(table), {array});
    } else {
        SPIPlanPtr &plan = table.work->select_statuses;
        if (plan == nullptr) plan = pg::prepare_kept(statuses_text(table), {array.type}, pg::Plan::custom);
        rows = pg::run(plan, {array}, pg::See::latest);
    }
    std::unordered_map<std::string, std::string> statuses;
    for (uint64 i = 0; i < rows.size(); i++) statuses.emplace(rows.string(i, 1), rows.string(i, 2));
    return statuses;
}

// Of one row that wasn't moved, by its status now: false if it is to be looked at again.
bool settle_row(Governed &table, const Move &move, const RowOutcome &row, const std::string *status,
                Moved &result) {
    if (status == nullptr)
        result.unseen.insert(row.key);
    else if (table.ended.contains(*status))
        result.ended.emplace(row.key, *status);
    else if (move.from == From::anywhere || table.initial.contains(*status))
        return walk(table, move, row, *status);
    else if (move.from == From::unstarted)
        result.active.emplace(row.key, *status);
    return true;
}

// What wasn't moved by the one statement.
void settle_left(Governed &table, const Move &move, std::vector<RowOutcome> left, Moved &result) {
    for (int round = 0; !left.empty(); round++) {
        auto statuses = statuses_of_rows(table, keys_of(left));
        std::vector<RowOutcome> moved_meanwhile;
        for (const RowOutcome &row : left) {
            auto status = statuses.find(row.key);
            if (!settle_row(table, move, row, status != statuses.end() ? &status->second : nullptr, result))
                moved_meanwhile.push_back(row);
        }
        left = std::move(moved_meanwhile);
        if (!left.empty() && round == 10)
            throw pg::Error{
                ERRCODE_OBJECT_IN_USE,
                core::format("{} {} can't be moved to {}", table.label.view(), left.front().key, move.status),
                "Its status is read and not updated: a policy or a trigger of the application "
                "stands in the way.",
                "Let the role that carries out work update the row."};
    }
}

Moved move_single_rows(Governed &table, const Move &move, const std::vector<RowOutcome> &rows) {
    pg::Rows updated = run_update(table, move, straight_sources(table, move), rows);
    Moved result;
    if (updated.size() == rows.size()) return result;
    std::unordered_set<std::string> done;
    for (uint64 i = 0; i < updated.size(); i++) done.insert(updated.string(i, 1));
    std::vector<RowOutcome> left;
    for (const RowOutcome &row : rows)
        if (done.count(row.key) == 0) left.push_back(row);
    settle_left(table, move, std::move(left), result);
    return result;
}

// How many files each of these runs has, where policies may hide some from the caller.
std::unordered_map<std::string, size_t> counts_under_policies(const pg::Home &home, const Governed &files,
                                                              const std::vector<std::string> &run_keys) {
    std::unordered_map<std::string, size_t> counts;
    if (!retry::sees_by_policy(files)) return counts;
    std::string runs = pg::qualified_name(files.of_table);
    for (const std::string &key : run_keys)
        counts.emplace(key, static_cast<size_t>(files::count_files(home, {runs, key}).files));
    return counts;
}

// No text of PostgreSQL's has this character.
constexpr char batch_mark = '\0';

bool is_batch(const std::string &key) {
    return !key.empty() && key[0] == batch_mark;
}

std::vector<std::string> runs_in(const std::vector<std::string> &keys) {
    std::vector<std::string> runs;
    for (const std::string &key : keys)
        if (is_batch(key)) runs.push_back(key.substr(1));
    return runs;
}

// An open file's status if there is one: the run's work goes on.
const std::string *status_of_files(const Governed &table, const std::vector<FileRow> &files) {
    const std::string *ended = nullptr;
    for (const FileRow &file : files) {
        if (!table.ended.contains(file.status)) return &file.status;
        ended = &file.status;
    }
    return ended;
}

}  // namespace

std::string batch_key(const std::string &run_key) {
    return batch_mark + run_key;
}

std::unordered_map<std::string, std::vector<FileRow>> files_of_runs(
    const pg::Home &home, Governed &files, const std::vector<std::string> &run_keys) {
    std::unordered_map<std::string, std::vector<FileRow>> result;
    if (run_keys.empty()) return result;
    auto known = counts_under_policies(home, files, run_keys);  // first: more may be inserted meanwhile
    pg::Param runs = pg::array_of(files.run.base_type, run_keys);
    pg::Rows rows = pg::run_latest(
        core::format(
            "SELECT t.{0}, t.{1}, t.{2}, t.{3} FROM {4} t WHERE t.{0} OPERATOR(pg_catalog.=) ANY ($1)"
            " ORDER BY t.{2}",
            quoted(files.run), quoted(files.key), quoted(files.index), quoted(files.status),
            files.table_name.view()),
        {runs});
    for (uint64 i = 0; i < rows.size(); i++)
        result[rows.string(i, 1)].push_back({rows.string(i, 2), rows.string(i, 3), rows.string(i, 4)});
    for (const auto &[run, count] : known) {
        auto seen = result.find(run);
        if (seen != result.end() && seen->second.size() < count) result.erase(seen);
    }
    return result;
}

std::unordered_map<std::string, std::string> statuses_of(const pg::Home &home, Governed &table,
                                                         const std::vector<std::string> &keys) {
    std::vector<std::string> single;
    for (const std::string &key : keys)
        if (!is_batch(key)) single.push_back(key);
    std::unordered_map<std::string, std::string> statuses;
    if (!single.empty()) statuses = statuses_of_rows(table, single);
    for (const auto &[run, files] : files_of_runs(home, table, runs_in(keys)))
        statuses.emplace(batch_key(run), *status_of_files(table, files));
    return statuses;
}

namespace {

// Who calls has gone by what statuses meant when it began.  From here on nobody says anything else of them.
void hold_statuses(const pg::Home &home, const Governed &table) {
    govern::hold_configuration(table.root);
    govern::GovernedRef now = govern::find_governed(home, table.root);
    if (now && now->initial.strings() == table.initial.strings() &&
        now->active.strings() == table.active.strings() && now->ended.strings() == table.ended.strings())
        return;
    throw pg::Error{ERRCODE_T_R_SERIALIZATION_FAILURE,
                    core::format("{} was governed anew in this moment", table.table_name.view()),
                    "Its statuses mean something else by now.", "Repeat the call."};
}

}  // namespace

// Of a batch the files that haven't ended are moved; it has ended when none is left, and is unseen if one is.
Moved move_rows(const pg::Home &home, Governed &table, const Move &move,
                const std::vector<RowOutcome> &rows) {
    hold_statuses(home, table);
    auto files = files_of_runs(home, table, runs_in(keys_of(rows)));
    std::vector<RowOutcome> single;
    for (const RowOutcome &row : rows) {
        if (!is_batch(row.key)) single.push_back(row);
        if (!is_batch(row.key)) continue;
        for (const FileRow &file : files[row.key.substr(1)])
            if (!table.ended.contains(file.status)) single.push_back({file.key, row.outcome});
    }
    Moved moved;
    if (!single.empty()) moved = move_single_rows(table, move, single);
    for (const auto &[run, of_run] : files) {
        const std::string *status = status_of_files(table, of_run);
        bool unseen = of_run.empty();
        for (const FileRow &file : of_run) unseen = unseen || moved.unseen.count(file.key) > 0;
        if (unseen)
            moved.unseen.insert(batch_key(run));
        else if (table.ended.contains(*status))
            moved.ended.emplace(batch_key(run), *status);
    }
    return moved;
}

bool policies_let_move(const pg::Home &home, Governed &table, const std::string &key) {
    if (!retry::sees_by_policy(table)) return true;
    if (statuses_of(home, table, {key}).empty()) return false;
    const Column &column = is_batch(key) ? table.run : table.key;
    pg::Param param{column.base_type,
                    pg::input_datum(column.base_type, -1, is_batch(key) ? key.substr(1) : key)};
    bool found = false;
    auto failure = pg::try_in_subtransaction(pg::AtEnd::roll_back, [&] {
        found = !pg::write_latest(core::format("SELECT FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1"
                                               " LIMIT 1 FOR KEY SHARE OF t NOWAIT",
                                               table.table_name.view(), quoted(column)),
                                  {param})
                     .empty();
    });
    if (failure && failure->sqlstate != ERRCODE_LOCK_NOT_AVAILABLE) throw *failure;
    return found || failure;  // it is somebody's for the moment: it was found
}

}  // namespace retry_ledger::work

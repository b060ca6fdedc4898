// The lineage is found in our own table as the extension's owner, and read once more as the caller: what that
// doesn't return doesn't exist for it.
#include <algorithm>

#include "checkpoint/checkpoint.hpp"
#include "core/keys.hpp"
#include "retry/statements.hpp"

namespace retry_ledger::checkpoint {

namespace {

using govern::Governed;

// The run and those that it retries, nearest first.  The depth ends what an application's own rows may have
// made a circle.
std::vector<Ancestor> lineage_of(const pg::Home &home, const Governed &table, const std::string &run_key) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(
        core::format(
            "WITH RECURSIVE up(key, depth) AS (SELECT $2 COLLATE \"C\", 0 UNION ALL SELECT"
            " (SELECT r.parent_key FROM {0}.retry r WHERE r.run_table = $1 AND r.retry_key = up.key),"
            " depth + 1 FROM up WHERE key IS NOT NULL AND depth < 1000)"
            " SELECT key, coalesce((SELECT r.attempt FROM {0}.retry r WHERE r.run_table = $1"
            " AND r.retry_key = up.key), 1) FROM up WHERE key IS NOT NULL ORDER BY depth",
            pg::schema_name(home)),
        {pg::text_param(table.table_name.view()), pg::text_param(run_key)});
    std::vector<Ancestor> lineage;
    for (uint64 i = 0; i < rows.size(); i++)
        lineage.push_back({rows.string(i, 1), static_cast<int>(rows.integer(i, 2))});
    return lineage;
}

std::vector<std::string> keys_of(const std::vector<Ancestor> &lineage) {
    std::vector<std::string> keys;
    for (const Ancestor &run : lineage) keys.push_back(run.key);
    return keys;
}

std::vector<Ancestor> seen_of(const Governed &table, std::vector<Ancestor> lineage) {
    if (lineage.size() == 1) return lineage;
    std::string key = pg::quote_ident(table.key.name.string());
    pg::Rows rows = pg::run_latest(core::format("SELECT t.{0} FROM {1} t WHERE t.{0} OPERATOR(pg_catalog.=)"
                                                " ANY ($1)",
                                                key, table.table_name.view()),
                                   {retry::key_array(table, keys_of(lineage))});
    std::vector<std::string> seen;
    for (uint64 i = 0; i < rows.size(); i++) seen.push_back(rows.string(i, 1));
    auto hidden = [&](const Ancestor &a) { return std::find(seen.begin(), seen.end(), a.key) == seen.end(); };
    lineage.erase(std::remove_if(lineage.begin(), lineage.end(), hidden), lineage.end());
    return lineage;
}

constexpr const char *valid =
    "i.checkpoint_id IS NULL AND c.status = ANY ($3)"
    " AND (c.valid_until IS NULL OR c.valid_until > pg_catalog.clock_timestamp())";

std::string find_text(const pg::Home &home, bool latest) {
    return core::format(
        "SELECT c.checkpoint_id, c.status, c.ref, i.checkpoint_id IS NOT NULL,"
        " coalesce(c.valid_until <= pg_catalog.clock_timestamp(), false), c.status = ANY ($3), c.run_key,"
        " c.valid_until, c.recorded_at, c.attempt, c.evidence FROM {0}.checkpoint c"
        " LEFT JOIN {0}.checkpoint_invalidation i ON i.checkpoint_id = c.checkpoint_id"
        " WHERE c.run_table = $1 AND c.run_key = ANY ($2) AND {1}"
        " ORDER BY pg_catalog.array_position($2, c.run_key::pg_catalog.text), c.seq DESC LIMIT 1",
        pg::schema_name(home), latest ? valid : "c.checkpoint_id = $4::pg_catalog.uuid");
}

std::optional<Row> find_own(const pg::Home &home, const Governed &table, const std::vector<Ancestor> &lineage,
                            const core::WantedCheckpoint &wanted) {
    if (wanted.id && !core::can_be_key(core::KeyType::uuid, *wanted.id)) return std::nullopt;
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    std::vector<pg::Param> params = {pg::text_param(table.table_name.view()),
                                     pg::text_array_param(keys_of(lineage)),
                                     pg::text_array_param(live_statuses(table))};
    if (wanted.id) params.push_back(pg::text_param(*wanted.id));
    pg::Rows rows = pg::run_latest(find_text(home, !wanted.id), params);
    if (rows.empty()) return std::nullopt;
    Row row = row_in(rows);
    row.attempt = static_cast<int>(rows.integer(0, 10));
    row.evidence = rows.text(0, 11);
    return row;
}

// Nearer to the run is newer; of one run the later, and of two at the same time ours.
bool is_newer(const Row &artifact, const Row &own, const std::vector<Ancestor> &lineage) {
    for (const Ancestor &run : lineage) {
        bool first = run.key == artifact.run_key, second = run.key == own.run_key;
        if (first != second) return first;
        if (first) return artifact.recorded_at > own.recorded_at;
    }
    return false;
}

// The value of a timestamptz in the first row.
std::optional<TimestampTz> time_in(const pg::Rows &rows, int column) {
    bool null;
    Datum value = rows.value(0, column, &null);
    if (null) return std::nullopt;
    return DatumGetTimestampTz(value);
}

}  // namespace

Row row_in(const pg::Rows &rows) {
    Row row;
    row.found = {{rows.string(0, 1), rows.string(0, 2), rows.string(0, 3)},
                 rows.boolean(0, 4),
                 rows.boolean(0, 5),
                 rows.boolean(0, 6)};
    row.run_key = rows.string(0, 7);
    row.valid_until = time_in(rows, 8);
    row.recorded_at = time_in(rows, 9).value_or(0);
    return row;
}

std::vector<std::string> live_statuses(const Governed &table) {
    std::vector<std::string> live = table.initial.strings();
    for (const govern::Name &status : table.active) live.push_back(status.string());
    return live;
}

std::optional<Row> find(const pg::Home &home, const Governed &table, const std::string &run_key,
                        const core::WantedCheckpoint &wanted) {
    std::vector<Ancestor> lineage = seen_of(table, lineage_of(home, table, run_key));
    std::optional<Row> own = find_own(home, table, lineage, wanted);
    std::optional<Row> artifact = find_artifact(home, table, lineage, wanted);
    if (own && artifact) return is_newer(*artifact, *own, lineage) ? artifact : own;
    return own ? own : artifact;
}

Resumed resume(const pg::Home &home, const Governed &table, const std::string &run_key,
               const core::WantedCheckpoint &wanted) {
    std::optional<core::FoundCheckpoint> found;
    if (auto row = find(home, table, run_key, wanted)) found = std::move(row->found);
    if (auto refusal = core::refuse_checkpoint(found, wanted, run_key, table.table_name.string()))
        return {std::nullopt, std::move(refusal)};
    return {std::move(found->resume), std::nullopt};
}

}  // namespace retry_ledger::checkpoint

// The lineage is found in our own table as the extension's owner, and read once more as the caller: what that
// doesn't return doesn't exist for it.
#include <algorithm>

#include "checkpoint/checkpoint.hpp"
#include "retry/statements.hpp"

namespace retry_ledger::checkpoint {

namespace {

using govern::Governed;

// The run and those that it retries, nearest first.  The depth ends what an application's own rows may have
// made a circle.
std::vector<std::string> lineage_of(const pg::Home &home, const Governed &table, const std::string &run_key) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(
        core::format("WITH RECURSIVE up(key, depth) AS (SELECT $2 COLLATE \"C\", 0 UNION ALL SELECT"
                     " (SELECT r.parent_key FROM {}.retry r WHERE r.run_table = $1 AND r.retry_key = up.key),"
                     " depth + 1 FROM up WHERE key IS NOT NULL AND depth < 1000)"
                     " SELECT key FROM up WHERE key IS NOT NULL ORDER BY depth",
                     pg::schema_name(home)),
        {pg::text_param(table.table_name.view()), pg::text_param(run_key)});
    std::vector<std::string> keys;
    for (uint64 i = 0; i < rows.size(); i++) keys.push_back(rows.string(i, 1));
    return keys;
}

std::vector<std::string> seen_of(const Governed &table, std::vector<std::string> keys) {
    if (keys.size() == 1) return keys;
    std::string key = pg::quote_ident(table.key.name.string());
    pg::Rows rows = pg::run_latest(core::format("SELECT t.{0} FROM {1} t WHERE t.{0} OPERATOR(pg_catalog.=)"
                                                " ANY ($1)",
                                                key, table.table_name.view()),
                                   {retry::key_array(table, keys)});
    std::vector<std::string> seen;
    for (uint64 i = 0; i < rows.size(); i++) seen.push_back(rows.string(i, 1));
    auto hidden = [&](const std::string &k) { return std::find(seen.begin(), seen.end(), k) == seen.end(); };
    keys.erase(std::remove_if(keys.begin(), keys.end(), hidden), keys.end());
    return keys;
}

constexpr const char *valid =
    "i.checkpoint_id IS NULL AND c.status = ANY ($3)"
    " AND (c.valid_until IS NULL OR c.valid_until > pg_catalog.clock_timestamp())";

std::string find_text(const pg::Home &home, bool latest) {
    return core::format(
        "SELECT c.checkpoint_id, c.status, c.ref, i.checkpoint_id IS NOT NULL,"
        " coalesce(c.valid_until <= pg_catalog.clock_timestamp(), false), c.status = ANY ($3), c.run_key,"
        " c.attempt, c.valid_until, c.evidence, c.recorded_at FROM {0}.checkpoint c"
        " LEFT JOIN {0}.checkpoint_invalidation i ON i.checkpoint_id = c.checkpoint_id"
        " WHERE c.run_table = $1 AND c.run_key = ANY ($2) AND {1}"
        " ORDER BY pg_catalog.array_position($2, c.run_key::pg_catalog.text), c.seq DESC LIMIT 1",
        pg::schema_name(home), latest ? valid : "c.checkpoint_id = $4::pg_catalog.uuid");
}

std::optional<TimestampTz> time_in(const pg::Rows &rows, int column) {
    bool null;
    Datum value = rows.value(0, column, &null);
    if (null) return std::nullopt;
    return DatumGetTimestampTz(value);
}

Row row_in(const pg::Rows &rows) {
    Row row;
    row.found = {{rows.string(0, 1), rows.string(0, 2), rows.string(0, 3)},
                 rows.boolean(0, 4),
                 rows.boolean(0, 5),
                 rows.boolean(0, 6)};
    row.run_key = rows.string(0, 7);
    row.attempt = static_cast<int>(rows.integer(0, 8));
    row.valid_until = time_in(rows, 9);
    row.evidence = rows.text(0, 10);
    row.recorded_at = time_in(rows, 11).value_or(0);
    return row;
}

}  // namespace

std::vector<std::string> live_statuses(const Governed &table) {
    std::vector<std::string> live = table.initial.strings();
    for (const govern::Name &status : table.active) live.push_back(status.string());
    return live;
}

std::optional<Row> find(const pg::Home &home, const Governed &table, const std::string &run_key,
                        const core::WantedCheckpoint &wanted) {
    std::vector<std::string> keys = seen_of(table, lineage_of(home, table, run_key));
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    std::vector<pg::Param> params = {pg::text_param(table.table_name.view()), pg::text_array_param(keys),
                                     pg::text_array_param(live_statuses(table))};
    if (wanted.id) params.push_back(pg::text_param(*wanted.id));
    pg::Rows rows = pg::run_latest(find_text(home, !wanted.id), params);
    if (rows.empty()) return std::nullopt;
    return row_in(rows);
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

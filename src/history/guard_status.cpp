// guard_status: which level holds where.  What is looked at stands in the view guard_gap (verify.sql); a view
// on the history is compared with the one that governing makes, and indexes and CHECKs are read
// (guard/doubts.hpp).
#include "govern/history_view.hpp"
#include "guard/doubts.hpp"
#include "guard/lock.hpp"
#include "pg/own_table.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::history {

namespace {

pg::Rows read_status(const pg::Home &home) {
    return pg::run(
        core::format(
            "SELECT run_table, kind, locked, pg_catalog.count(missing) FILTER (WHERE NOT of_lock) = 0,"
            " coalesce(pg_catalog.array_agg(missing ORDER BY missing) FILTER (WHERE missing IS NOT NULL),"
            "  '{{}}') || CASE WHEN locked AND NOT $1 THEN"
            "  ARRAY['retry_ledger in shared_preload_libraries'] ELSE '{{}}' END,"
            " CASE WHEN kind = 'runs' AND relation = root AND EXISTS (SELECT FROM pg_catalog.pg_class WHERE "
            "oid = root)"
            "  THEN root END, (SELECT ARRAY[key_column, status_column, coalesce(error_column, '')]"
            "   FROM {0}.governed_table WHERE run_table = root), relation"
            " FROM {0}.guard_gap GROUP BY root, relation, kind, locked, run_table, root_name"
            " ORDER BY root_name, root, relation <> root, run_table",
            pg::schema_name(home)),
        {pg::bool_param(guard::is_preloaded())}, pg::See::latest);
}

guard::Doubts read_doubts(const pg::Rows &rows) {
    guard::Doubts doubts;
    std::vector<Oid> all, unheld;
    for (uint64 row = 0; row < rows.size(); row++) {
        all.push_back(static_cast<Oid>(rows.integer(row, 8)));
        if (!rows.boolean(row, 3) || !guard::is_preloaded()) unheld.push_back(all.back());
    }
    guard::add_columns_of_cubes(all, doubts);
    guard::add_misleading_parts(unheld, doubts);
    return doubts;
}

// A view guards nothing: without it the level is what it is, and not complete.
std::vector<std::string> missing_of(const pg::Home &home, const pg::Rows &rows, uint64 row) {
    std::vector<std::string> missing = rows.array(row, 5);
    if (rows.is_null(row, 6)) return missing;
    const std::vector<std::string> columns = rows.array(row, 7);
    const std::string gap = govern::history_view_gap(home, static_cast<Oid>(rows.integer(row, 6)),
                                                     {columns[0], columns[1], columns[2]});
    if (!gap.empty()) missing.push_back(gap);
    return missing;
}

void put_row(FunctionCallInfo fcinfo, const pg::Home &home, const pg::Rows &rows, uint64 row,
             const std::vector<std::string> &doubts) {
    std::vector<std::string> missing = missing_of(home, rows, row);
    missing.insert(missing.end(), doubts.begin(), doubts.end());
    bool locked = rows.boolean(row, 3), complete = missing.empty();
    bool guarded = rows.boolean(row, 4) && doubts.empty();
    Datum values[5];
    bool nulls[5] = {};
    values[0] = rows.value(row, 1, &nulls[0]);
    values[1] = rows.value(row, 2, &nulls[1]);
    values[2] = pg::text_datum(!guarded ? "none" : locked && complete ? "locked" : "guarded");
    values[3] = BoolGetDatum(complete);
    values[4] = pg::text_array_param(missing).value;
    pg::pg_call([&] {
        auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    });
}

}  // namespace

}  // namespace retry_ledger::history

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_status) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        pg::AsRole owner(home.owner);
        pg::SpiScope spi;
        pg::Rows rows = history::read_status(home);
        guard::Doubts doubts = history::read_doubts(rows);
        for (uint64 row = 0; row < rows.size(); row++)
            history::put_row(fcinfo, home, rows, row, doubts[static_cast<Oid>(rows.integer(row, 8))]);
        return Datum(0);
    });
}

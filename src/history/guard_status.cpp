// guard_status: which level holds where.  What is looked at stands in the view guard_gap (verify.sql).
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
            "  ARRAY['retry_ledger in shared_preload_libraries'] ELSE '{{}}' END"
            " FROM {}.guard_gap GROUP BY root, relation, kind, locked, run_table, root_name"
            " ORDER BY root_name, root, relation <> root, run_table",
            pg::schema_name(home)),
        {pg::bool_param(guard::is_preloaded())}, pg::See::latest);
}

void put_row(FunctionCallInfo fcinfo, const pg::Rows &rows, uint64 row) {
    bool locked = rows.boolean(row, 3), guarded = rows.boolean(row, 4), complete = rows.array(row, 5).empty();
    Datum values[5];
    bool nulls[5] = {};
    values[0] = rows.value(row, 1, &nulls[0]);
    values[1] = rows.value(row, 2, &nulls[1]);
    values[2] = pg::text_datum(!guarded ? "none" : locked && complete ? "locked" : "guarded");
    values[3] = BoolGetDatum(complete);
    values[4] = rows.value(row, 5, &nulls[4]);
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
        for (uint64 row = 0; row < rows.size(); row++) history::put_row(fcinfo, rows, row);
        return Datum(0);
    });
}

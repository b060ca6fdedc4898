// set_retention: for how long the runs of a table are kept.
#include "core/json.hpp"
#include "core/reason.hpp"
#include "govern/adopt_steps.hpp"
#include "govern/purge.hpp"
#include "ledger/ledger.hpp"

namespace retry_ledger::govern {

namespace {

std::string read_keep(FunctionCallInfo fcinfo) {
    const bool positive = !PG_ARGISNULL(1) && pg::pg_call([&] {
        const Interval zero = {};
        return DatumGetInt32(
                   DirectFunctionCall2(interval_cmp, PG_GETARG_DATUM(1), IntervalPGetDatum(&zero))) > 0;
    });
    if (!positive)
        throw pg::Error{ERRCODE_INVALID_PARAMETER_VALUE, "keep must be longer than nothing",
                        "It is for how long runs are kept after their end.",
                        "Pass an interval, as in keep => '2 years'."};
    pg::LocalSetting style("IntervalStyle", "iso_8601");
    return pg::output_text(INTERVALOID, PG_GETARG_DATUM(1));
}

void write_retention(const pg::Home &home, Oid root, const std::string &keep) {
    const core::Evidence retention = {
        {"keep", keep}, {"set_by", acting_role()}, {"set_at", pg::iso_time(GetCurrentTimestamp())}};
    pg::AsRole owner(home.owner);
    pg::write_latest(core::format("UPDATE {}.governed_table SET retention = $2 WHERE run_table = $1",
                                  pg::schema_name(home)),
                     {pg::regclass_param(root), pg::jsonb_param(core::to_json(retention))});
}

Report set_retention(FunctionCallInfo fcinfo) {
    const pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
    if (PG_ARGISNULL(0)) throw pg::Error{ERRCODE_NULL_VALUE_NOT_ALLOWED, "run_table must not be NULL"};
    const TableShape table = read_shape(PG_GETARG_OID(0));
    if (!pg::pg_call([&] { return pg::compat::owns_relation(table.relation, GetUserId()); }))
        throw refusal(
            table, ERRCODE_INSUFFICIENT_PRIVILEGE, core::format("must be owner of table {}", table.qualified),
            "Only its owner's roles and superusers say for how long runs are kept.", "Ask one of them.");
    GovernedRef governed = find_governed(home, table.relation);
    if (!governed || governed->root != table.relation || governed->kind != Kind::runs || !table.partitioned())
        throw refusal(
            table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            core::format("{} isn't a governed, partitioned table of runs", table.qualified),
            "Only whole partitions of such a table are ever purged.",
            core::format("SELECT * FROM {}.governed_tables shows what is governed.", pg::schema_name(home)));
    const std::string keep = read_keep(fcinfo), reason = pg::text_argument(fcinfo, 2).value_or("");
    if (auto refused = core::refuse_reason(reason)) throw pg::to_error(*refused);
    write_retention(home, table.relation, keep);
    ledger::Entry entry;
    entry.action = "retention_set";
    entry.run_table = table.qualified;
    entry.evidence = {{"keep", keep}, {"reason", reason}};
    ledger::append(home, entry);
    return {{"retention", keep,
             core::format("after their end runs of {} are kept for so long", table.qualified)}};
}

}  // namespace

Retention read_retention(const pg::Home &home, const Governed &table) {
    pg::AsRole owner(home.owner);
    pg::Rows row = pg::run_latest(
        core::format("SELECT g.retention->>'keep', g.retention->>'set_by', g.retention->>'set_at',"
                     " clock_timestamp() - (g.retention->>'keep')::interval,"
                     " (SELECT coalesce(max(e.recorded_at), clock_timestamp()) FROM {0}.ledger_entry e"
                     "  WHERE e.run_table = g.table_name AND e.run_key IS NULL AND e.action = 'adopted')"
                     " FROM {0}.governed_table g WHERE g.run_table = $1 AND g.retention IS NOT NULL",
                     pg::schema_name(home)),
        {pg::regclass_param(table.root)});
    if (row.empty()) return {};
    bool null;
    Retention retention;
    retention.keep = row.string(0, 1);
    retention.set_by = row.text(0, 2);
    retention.since = row.text(0, 3);
    retention.until = DatumGetTimestampTz(row.value(0, 4, &null));
    retention.adopted = DatumGetTimestampTz(row.value(0, 5, &null));
    return retention;
}

}  // namespace retry_ledger::govern

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(set_retention) {
    return pg::entry([&] { return govern::answer(fcinfo, [&] { return govern::set_retention(fcinfo); }); });
}

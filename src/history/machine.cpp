// state_machine_dot: the statuses of a governed table and the ways between them, as a picture.
#include "core/dot.hpp"
#include "core/refusal.hpp"
#include "govern/transitions.hpp"

namespace retry_ledger::history {

namespace {

govern::GovernedRef table_with_statuses(const pg::Home &home, Oid relation) {
    govern::GovernedRef table = govern::find_governed(home, relation);
    if (table && table->status) return table;
    std::string name = pg::qualified_name(relation);
    throw pg::to_error(
        core::Refusal{core::Token::invalid_run_table,
                      core::format("{} has no governed statuses", name),
                      {{"run_table", name}},
                      "The view governed_tables lists what is governed; runs and files have statuses."});
}

core::Machine machine_of(const govern::Governed &table) {
    return {table.initial.strings(), table.active.strings(), table.ended.strings(),
            govern::declared_transitions(table), !table.declared_transitions};
}

}  // namespace

}  // namespace retry_ledger::history

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(state_machine_dot) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        govern::GovernedRef table = history::table_with_statuses(home, PG_GETARG_OID(0));
        return pg::text_datum(core::machine_dot(table->table_name.string(), history::machine_of(*table)));
    });
}

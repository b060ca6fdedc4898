#include "guard/ddl_refusal.hpp"

#include "core/json.hpp"

namespace retry_ledger::guard {

pg::Error to_error(const DdlRefusal &refusal) {
    core::Evidence evidence;
    if (!refusal.command.empty()) evidence.emplace_back("command", refusal.command);
    if (!refusal.table.empty()) evidence.emplace_back("run_table", refusal.table);
    if (!refusal.reasons.empty()) evidence.emplace_back("affected", refusal.reasons);
    pg::Error error;
    error.sqlstate = pg::ERRCODE_GOVERNANCE_VIOLATION;
    error.message = core::format("DDL_NOT_ALLOWED: {}", refusal.message);
    error.detail = core::to_json(evidence);
    error.hint = refusal.hint;
    error.schema = refusal.schema;
    error.table = refusal.relation;
    error.constraint = "retry_ledger_ddl";
    error.about.run_table = refusal.table;
    return error;
}

std::string release_hint(const std::string &table) {
    return core::format(
        "Release the table first: release_governance({}, reason => '...'), then approve_release({}) by "
        "another "
        "role.",
        pg::quote_literal(table), pg::quote_literal(table));
}

std::string accept_hint(const std::string &table) {
    return core::format(
        "Run it as accept_ddl({}, '...the command...', reason => '...'), which puts it on the ledger.",
        pg::quote_literal(table));
}

std::string partition_hint(const std::string &table) {
    return core::format(
        "An old partition of runs goes by set_retention({}, ...), then purge_governed and approve_purge by "
        "another role. Otherwise release the table: release_governance and approve_release.",
        pg::quote_literal(table));
}

std::vector<std::string> governed_names(const pg::Home &home) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(
        core::format("SELECT table_name::text FROM {}.governed_table ORDER BY table_name COLLATE \"C\"",
                     pg::schema_name(home)));
    std::vector<std::string> names;
    for (uint64 i = 0; i < rows.size(); i++) names.push_back(rows.string(i, 1));
    return names;
}

}  // namespace retry_ledger::guard

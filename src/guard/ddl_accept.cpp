// accept_ddl: one command on row level security, policies or rules of a governed table, on the ledger.
#include "core/json.hpp"
#include "core/reason.hpp"
#include "govern/governed.hpp"
#include "guard/ddl.hpp"
#include "ledger/ledger.hpp"

namespace retry_ledger::guard {

namespace {

struct Request {
    Oid table;
    std::string command, reason;
};

[[noreturn]] void refuse(core::Token token, std::string message, core::Evidence evidence, std::string hint) {
    throw pg::to_error(core::Refusal{token, std::move(message), std::move(evidence), std::move(hint)});
}

Request request_of(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(0))
        refuse(core::Token::invalid_run_table, "run_table is NULL", {}, "Name a governed table.");
    Request request = {PG_GETARG_OID(0), pg::text_argument(fcinfo, 1).value_or(""),
                       pg::text_argument(fcinfo, 2).value_or("")};
    if (request.command.empty())
        refuse(core::Token::invalid_governance, "no command was given", {}, "Pass one DDL command as text.");
    if (auto refusal = core::refuse_reason(request.reason)) throw pg::to_error(*refusal);
    return request;
}

bool is_about_shape(const Node *statement) {
    switch (nodeTag(statement)) {
        case T_AlterTableStmt:
        case T_CreatePolicyStmt:
        case T_AlterPolicyStmt:
        case T_RuleStmt:
            return true;
        case T_DropStmt: {
            ObjectType type = reinterpret_cast<const DropStmt *>(statement)->removeType;
            return type == OBJECT_POLICY || type == OBJECT_RULE;
        }
        case T_RenameStmt: {
            ObjectType type = reinterpret_cast<const RenameStmt *>(statement)->renameType;
            return type == OBJECT_POLICY || type == OBJECT_RULE;
        }
        default:
            return false;
    }
}

void check_command(const std::string &command) {
    const bool fits = pg::pg_call([&] {
        List *statements = pg_parse_query(command.c_str());
        return list_length(statements) == 1 && is_about_shape(linitial_node(RawStmt, statements)->stmt);
    });
    if (!fits)
        refuse(core::Token::invalid_governance,
               "accept_ddl takes one command on row level security, a policy or a rule",
               {{"command", command}},
               "Such as CREATE, ALTER or DROP POLICY, CREATE or DROP RULE, ALTER TABLE ... ENABLE ROW LEVEL "
               "SECURITY.");
}

void check_owner(const Request &request, const std::string &name) {
    if (pg::pg_call([&] { return pg::compat::owns_relation(request.table, GetUserId()); })) return;
    refuse(core::Token::not_allowed, core::format("you don't own {}", name), {{"run_table", name}},
           "The table's owner or a superuser may accept DDL.");
}

std::string check_table(const pg::Home &home, const Request &request) {
    const std::string given = pg::qualified_name(request.table);
    check_owner(request, given);
    govern::GovernedRef table = govern::find_governed(home, request.table);
    if (table && table->root == request.table) return table->table_name.string();
    refuse(core::Token::invalid_run_table, core::format("{} is not a governed table", given),
           {{"run_table", given}},
           table ? core::format("It is a partition: name {}.", table->table_name.view())
                 : "governed_tables lists them.");
}

std::string shape_of(const pg::Home &home, Oid table) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    return pg::run_latest(core::format("SELECT {}.table_shape($1)", pg::schema_name(home)),
                          {pg::regclass_param(table)})
        .string(0, 1);
}

std::string recorded_shape(const pg::Home &home, Oid table) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    return pg::run_latest(core::format("SELECT accepted FROM {}.governed_table WHERE run_table = $1",
                                       pg::schema_name(home)),
                          {pg::regclass_param(table)})
        .string(0, 1);
}

// As the caller, under the caller's search_path.
void run_command(const Request &request) {
    Accepting accepting(request.table);
    pg::SpiScope spi;
    pg::run(request.command);
}

void record(const pg::Home &home, const Request &request, const std::string &table, const std::string &before,
            const std::string &after) {
    {
        pg::AsRole owner(home.owner);
        pg::SpiScope spi;
        pg::run(core::format("UPDATE {}.governed_table SET accepted = $2 WHERE run_table = $1",
                             pg::schema_name(home)),
                {pg::regclass_param(request.table), pg::jsonb_param(after)});
    }
    ledger::Entry entry;
    entry.action = "ddl_accepted";
    entry.run_table = table;
    entry.evidence = {
        {"reason", request.reason}, {"command", request.command}, {"before", before}, {"after", after}};
    ledger::append(home, entry);
}

Datum accept(const pg::Home &home, const Request &request) {
    const std::string table = check_table(home, request);
    check_command(request.command);
    std::string before = shape_of(home, request.table);
    run_command(request);
    const std::string after = shape_of(home, request.table);
    // What a policy names may have been renamed since: then any command records how it reads now.
    if (before == after) before = recorded_shape(home, request.table);
    if (before == after)
        refuse(core::Token::invalid_governance,
               core::format("the command changes no row level security, policy or rule of {}", table),
               {{"run_table", table}, {"command", request.command}},
               "Run it as it is: it needs no acceptance.");
    record(home, request, table, before, after);
    return pg::input_datum(JSONBOID, -1, core::format("{{\"before\": {}, \"after\": {}}}", before, after));
}

}  // namespace

}  // namespace retry_ledger::guard

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(accept_ddl) {
    return pg::entry(
        [&] { return guard::accept(pg::home_of(fcinfo->flinfo->fn_oid), guard::request_of(fcinfo)); });
}

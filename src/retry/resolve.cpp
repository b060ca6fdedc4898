#include "retry/resolve.hpp"

#include "core/decision.hpp"
#include "core/keys.hpp"
#include "retry/statements.hpp"

namespace retry_ledger::retry {

namespace {

using core::Refusal;
using core::Token;
using govern::Governed;
using govern::GovernedRef;

[[noreturn]] void refuse(Token token, const std::string &message, core::Evidence evidence,
                         const std::string &hint) {
    throw pg::to_error(Refusal{token, message, std::move(evidence), hint});
}

std::string call_with_table(const std::string &text, const std::string &table) {
    return core::format("retry_run({}, run_table => {})", pg::quote_literal(core::shortened(text)),
                        pg::quote_literal(table));
}

[[noreturn]] void refuse_ambiguous(const std::string &text, const std::vector<std::string> &names) {
    refuse(Token::invalid_run_table,
           core::format("run {} could be of more than one table", core::shortened(text)),
           {{"run_id", core::shortened(text)}, {"candidates", names}},
           core::format("Name the table: {}.", call_with_table(text, names.front())));
}

// Never a guess: several tables are searched only when the id can't mean two different runs by accident,
// that is when all tables whose keys it could be have uuid keys.
RunReference search_tables(const pg::Home &home, const std::string &text) {
    std::vector<RunReference> candidates;
    std::vector<std::string> names;
    bool all_uuid = true;
    std::vector<Oid> tables = govern::governed_run_tables(home);
    for (Oid oid : tables) {
        GovernedRef table = govern::find_governed(home, oid);
        if (!table || (tables.size() > 1 && !core::can_be_key(key_type(*table), text))) continue;
        names.push_back(table->table_name.string());
        all_uuid = all_uuid && table->key.base_type == UUIDOID;
        candidates.push_back({std::move(table), 0, text});
    }
    if (tables.empty())
        refuse(Token::invalid_run_table, "no run table is governed", {{"run_id", core::shortened(text)}},
               "Adopt one first: SELECT * FROM govern_runs('...').");
    if (candidates.empty())
        refuse(Token::invalid_run_id,
               core::format("\"{}\" is not a valid id of any governed run table", core::shortened(text)),
               {{"run_id", core::shortened(text)}}, "Name the table with run_table => '...'.");
    for (RunReference &candidate : candidates) {
        if (candidates.size() > 1 && !all_uuid) refuse_ambiguous(text, names);
        candidate.key = parse_key(*candidate.table, text, Token::invalid_run_id);
    }
    if (candidates.size() == 1) return std::move(candidates.front());

    RunReference *match = nullptr;
    std::vector<std::string> matches;
    for (RunReference &candidate : candidates) {
        if (!may_select(*candidate.table) || !find_run(*candidate.table, candidate.key)) continue;
        match = &candidate;
        matches.push_back(candidate.table->table_name.string());
    }
    if (matches.size() > 1) refuse_ambiguous(text, matches);
    if (match == nullptr) throw pg::to_error(core::run_not_found(core::shortened(text), ""));
    return std::move(*match);
}

}  // namespace

core::KeyType key_type(const Governed &table) {
    switch (table.key.base_type) {
        case UUIDOID:
            return core::KeyType::uuid;
        case INT2OID:
            return core::KeyType::int2;
        case INT4OID:
            return core::KeyType::int4;
        case INT8OID:
            return core::KeyType::int8;
        default:
            return core::KeyType::text;
    }
}

GovernedRef require_run_table(const pg::Home &home, Oid run_table) {
    GovernedRef table = govern::find_governed(home, run_table);
    if (table && table->kind == govern::Kind::runs) return table;
    std::string name = pg::qualified_name(run_table);
    refuse(Token::invalid_run_table, core::format("{} is not a governed run table", name),
           {{"run_table", name}},
           core::format("Adopt it first: SELECT * FROM govern_runs({}).", pg::quote_literal(name)));
}

// An enum or a domain may still refuse a text that has the right shape: that is a bad id as well.
Datum parse_key(const Governed &table, const std::string &text, Token token) {
    const char *type = pg::pg_call([&] { return format_type_be(table.key.type); });
    bool well_formed = core::can_be_key(key_type(table), text);
    if (well_formed) {
        try {
            return pg::input_datum(table.key.type, table.key.typmod, text);
        } catch (const pg::PgError &error) {
            if (ERRCODE_TO_CATEGORY(error.data->sqlerrcode) != ERRCODE_DATA_EXCEPTION &&
                ERRCODE_TO_CATEGORY(error.data->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
                throw;
        }
    }
    refuse(token,
           core::format("\"{}\" is not a valid {} id of {}", core::shortened(text), type,
                        table.table_name.view()),
           {{"run_id", core::shortened(text)},
            {"run_table", table.table_name.string()},
            {"key_type", std::string(type)}},
           core::format("Ids of {} are of type {}.", table.table_name.view(), type));
}

bool has_privilege(const Governed &table, AclMode mode) {
    return pg::pg_call([&] {
        return pg_class_aclcheck(table.root, GetUserId(), mode) == ACLCHECK_OK ||
               pg_attribute_aclcheck_all(table.root, GetUserId(), mode, ACLMASK_ANY) == ACLCHECK_OK;
    });
}

bool may_select(const Governed &table) {
    return has_privilege(table, ACL_SELECT);
}

bool sees_by_policy(const Governed &table) {
    return pg::pg_call([&] { return check_enable_rls(table.root, InvalidOid, true) == RLS_ENABLED; });
}

RunReference resolve_run(const pg::Home &home, const std::optional<std::string> &run_id, Oid run_table) {
    if (!run_id || run_id->empty())
        refuse(Token::invalid_run_id, run_id ? "the run id is empty" : "the run id is NULL", {},
               "Pass the id of the run to retry.");
    if (!OidIsValid(run_table)) return search_tables(home, *run_id);
    RunReference reference;
    reference.table = require_run_table(home, run_table);
    reference.text = *run_id;
    reference.key = parse_key(*reference.table, *run_id, Token::invalid_run_id);
    return reference;
}

void require_privileges(const Governed &table, const char *list) {
    bool select = has_privilege(table, ACL_SELECT);
    if (select && (strstr(list, "INSERT") == nullptr || has_privilege(table, ACL_INSERT))) return;
    const char *role = pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
    const char *privilege = select ? "INSERT" : "SELECT";
    refuse(Token::not_allowed,
           core::format("role {} lacks {} on {}", role, privilege, table.table_name.view()),
           {{"role", std::string(role)},
            {"run_table", table.table_name.string()},
            {"privilege", std::string(privilege)}},
           core::format("GRANT {} ON {} TO {};", list, table.table_name.view(), pg::quote_ident(role)));
}

void check_tenant_argument(const Governed &table, const std::optional<std::string> &tenant) {
    if (!tenant && table.require_tenant)
        refuse(Token::invalid_tenant,
               core::format("calls on {} must name the tenant", table.table_name.view()),
               {{"run_table", table.table_name.string()}}, "Pass tenant => '...'.");
    if (tenant && !table.tenant)
        refuse(Token::invalid_tenant, core::format("{} has no tenant column", table.table_name.view()),
               {{"run_table", table.table_name.string()}, {"tenant", core::shortened(*tenant)}},
               "Leave tenant out, or map one: govern_runs(..., tenant_column => '...').");
}

}  // namespace retry_ledger::retry

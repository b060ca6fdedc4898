#include "retry/resolve.hpp"

#include <algorithm>

#include "core/decision.hpp"
#include "core/keys.hpp"
#include "pg/application.hpp"
#include "pg/as_owner.hpp"
#include "pg/subtransaction.hpp"
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
           names.size() > 1
               ? core::format("run {} could be of more than one table", core::shortened(text))
               : core::format("whether run {} is in {} can't be told", core::shortened(text), names.front()),
           {{"run_id", core::shortened(text)}, {"candidates", names}},
           core::format("Name the table: {}.", call_with_table(text, names.front())));
}

using Candidates = std::vector<RunReference>;

// Only those for which it holds, if there are any.
template <class F>
void prefer(Candidates &candidates, F &&holds) {
    if (std::none_of(candidates.begin(), candidates.end(), holds)) return;
    candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                    [&](const RunReference &candidate) { return !holds(candidate); }),
                     candidates.end());
}

std::vector<std::string> names_of(const Candidates &candidates) {
    std::vector<std::string> names;
    for (const RunReference &candidate : candidates) names.push_back(candidate.table->table_name.string());
    return names;
}

// The caller has named none of these tables: none of their policies runs as the caller, and what their owners
// let them compute gets no further than the owners do.  One that can't be read now may have the run: who
// locks a table of somebody else's, or makes a deadlock, mustn't choose the other one for the caller.
enum class Has { no, yes, unknown };

Has has_run(const RunReference &candidate) {
    const Governed &table = *candidate.table;
    bool found = false;
    auto failure = pg::try_in_subtransaction(pg::AtEnd::roll_back, [&] {
        pg::AsTableReader reader(pg::owner_of(table.root));
        pg::SpiScope spi;
        found =
            !pg::run_latest(core::format("SELECT 1 FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                         table.table_name.view(), pg::quote_ident(table.key.name.string())),
                            {{table.key.base_type, candidate.key}})
                 .empty();
    });
    if (failure) return Has::unknown;
    return found ? Has::yes : Has::no;
}

RunReference the_one_that_has_it(const std::string &text, Candidates &candidates) {
    Candidates matches;
    bool unsure = false;
    for (RunReference &candidate : candidates) {
        Has has = may_select(*candidate.table) ? has_run(candidate) : Has::no;
        unsure = unsure || has == Has::unknown;
        if (has != Has::no) matches.push_back(std::move(candidate));
    }
    if (unsure || matches.size() > 1) refuse_ambiguous(text, names_of(matches));
    if (matches.empty()) throw pg::to_error(core::run_not_found(core::shortened(text), ""));
    return std::move(matches.front());
}

// Never a guess: several tables are searched only when the id can't mean two different runs by accident,
// that is when all tables whose keys it could be have uuid keys.
RunReference search_tables(const pg::Home &home, const std::string &text) {
    Candidates candidates;
    std::vector<Oid> tables = govern::governed_run_tables(home);
    for (Oid oid : tables) {
        GovernedRef table = govern::find_governed(home, oid);
        if (!table || (tables.size() > 1 && !core::can_be_key(key_type(*table), text))) continue;
        candidates.push_back({std::move(table), 0, text});
    }
    if (tables.empty())
        refuse(Token::invalid_run_table, "no run table is governed", {{"run_id", core::shortened(text)}},
               "Adopt one first: SELECT * FROM govern_runs('...').");
    if (candidates.empty())
        refuse(Token::invalid_run_id,
               core::format("\"{}\" is not a valid id of any governed run table", core::shortened(text)),
               {{"run_id", core::shortened(text)}}, "Name the table with run_table => '...'.");
    prefer(candidates, [](const RunReference &candidate) { return may_select(*candidate.table); });
    prefer(candidates, [&](const RunReference &candidate) { return is_trusted(home, *candidate.table); });
    for (RunReference &candidate : candidates) {
        if (candidates.size() > 1 && candidate.table->key.base_type != UUIDOID)
            refuse_ambiguous(text, names_of(candidates));
        candidate.key = parse_key(*candidate.table, text, Token::invalid_run_id);
    }
    if (candidates.size() == 1) return std::move(candidates.front());
    return the_one_that_has_it(text, candidates);
}

// An enum or a domain may still refuse a text that has the right shape: that is a bad id as well.
Datum parse_as(Oid type, int32 typmod, const Governed &table, const std::string &text, Token token) {
    bool well_formed = core::can_be_key(key_type(table), text);
    if (well_formed) {
        try {
            return pg::input_datum(type, typmod, text);
        } catch (const pg::PgError &error) {
            if (ERRCODE_TO_CATEGORY(error.data->sqlerrcode) != ERRCODE_DATA_EXCEPTION &&
                ERRCODE_TO_CATEGORY(error.data->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
                throw;
        }
    }
    const char *name = pg::pg_call([&] { return format_type_be(table.key.type); });
    refuse(token,
           core::format("\"{}\" is not a valid {} id of {}", core::shortened(text), name,
                        table.table_name.view()),
           {{"run_id", core::shortened(text)},
            {"run_table", table.table_name.string()},
            {"key_type", std::string(name)}},
           core::format("Ids of {} are of type {}.", table.table_name.view(), name));
}

}  // namespace

// Membership says less: before PostgreSQL 16 a role may grant itself to whom it likes.
bool is_trusted(const pg::Home &home, const Governed &table) {
    Oid owner = pg::owner_of(table.root);
    return pg::pg_call([&] { return owner == GetUserId() || owner == home.owner || superuser_arg(owner); });
}

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

Datum parse_key(const Governed &table, const std::string &text, Token token) {
    return parse_as(table.key.base_type, -1, table, text, token);
}

void check_new_key(const Governed &table, const std::string &text) {
    (void)parse_as(table.key.type, table.key.typmod, table, text, Token::invalid_new_run_id);
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

// The history of one table's retries, <table>_retry_history, with the parent's status and whole error.
//
// security_invoker: whoever reads it needs the right to read the table, and its policies apply.  That is why
// anybody may be granted the view itself.
#include "govern/adopt_steps.hpp"

namespace retry_ledger::govern {

namespace {

using core::Role;

std::string view_name(const TableShape &table) {
    return pg::pg_call([&] { return makeObjectName(table.name.c_str(), nullptr, "retry_history"); });
}

std::string qualified_view(const TableShape &table) {
    return pg::quote_ident(table.schema) + "." + pg::quote_ident(view_name(table));
}

// What stands under the view's name: a relation of ours reads both this table and our history.
enum class Found { nothing, ours, foreign };

Found find_view(const TableShape &table, const pg::Home &home) {
    pg::Rows rows = pg::run_latest(
        "SELECT c.relkind = 'v' AND 2 = (SELECT count(DISTINCT d.refobjid) FROM pg_rewrite r JOIN pg_depend d"
        "  ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass"
        "  WHERE r.ev_class = c.oid AND d.refobjid IN ($3, (SELECT h.oid FROM pg_class h"
        "   WHERE h.relnamespace = $4 AND h.relname = 'retry_history')))"
        " FROM pg_class c WHERE c.relnamespace = $1 AND c.relname = $2",
        {pg::oid_param(table.schema_oid), pg::name_param(view_name(table)), pg::oid_param(table.relation),
         pg::oid_param(home.schema)});
    if (rows.empty()) return Found::nothing;
    return rows.boolean(0, 1) ? Found::ours : Found::foreign;
}

// The history keeps keys of all tables as text: read as the key's type without ever raising, for another
// table's keys may come by, and without leaking, so that row level security doesn't keep the index from use.
std::string key_expression(const Adopting &a, const std::string &key_text) {
    const ColumnShape &key = *a.mapped(Role::key);
    std::string schema = pg::schema_name(a.request.home);
    switch (key.base_type) {
        case UUIDOID:
            return core::format("{}.run_key_uuid({})", schema, key_text);
        case INT2OID:
        case INT4OID:
        case INT8OID:
            return core::format("{}.run_key_bigint({})", schema, key_text);
        case TEXTOID:
        case VARCHAROID:  // under the key's own collation: only then its index serves
            return core::format("{} COLLATE {}", key_text, pg::collation_name(key.collation));
        default:
            return core::format("CASE WHEN h.run_table = {} THEN {}::{} END",
                                pg::quote_literal(a.table.qualified), key_text, key.base_type_name);
    }
}

std::string join_run(const Adopting &a, const char *alias, const char *key_text) {
    return core::format(" JOIN {} {} ON {}.{} = {}", a.table.qualified, alias, alias,
                        pg::quote_ident(a.mapped(Role::key)->name), key_expression(a, key_text));
}

std::string view_query(const Adopting &a) {
    const ColumnShape *error = a.mapped(Role::error);
    const ColumnShape &status = *a.mapped(Role::status);
    return core::format(
        "SELECT h.tenant, h.original_run_id, h.retry_run_id, h.attempt, {} AS original_status,"
        " {} AS original_error, {} AS retry_status, h.reason, h.actor, h.retried_at, h.voided_at"
        " FROM {}.retry_history h{}{} WHERE h.run_table = {}",
        text_expression("p", status), error ? text_expression("p", *error) : "h.original_error",
        text_expression("r", status), pg::schema_name(a.request.home), join_run(a, "p", "h.original_run_id"),
        join_run(a, "r", "h.retry_run_id"), pg::quote_literal(a.table.qualified));
}

}  // namespace

void check_history_view(const Adopting &a) {
    const TableShape &table = a.table;
    Found found = find_view(table, a.request.home);
    if (found == Found::foreign)
        throw refusal(table, ERRCODE_DUPLICATE_TABLE,
                      core::format("relation {} already exists", qualified_view(table)),
                      core::format("The history of the retries of {} takes that name.", table.qualified),
                      "Rename the other one.");
    if (found == Found::ours) return;
    if (pg::pg_call(
            [&] { return pg::compat::has_schema_privilege(table.schema_oid, GetUserId(), ACL_CREATE); }))
        return;
    std::string owner = pg::pg_call([&] { return GetUserNameFromId(GetUserId(), false); });
    throw refusal(table, ERRCODE_INSUFFICIENT_PRIVILEGE,
                  core::format("permission denied to create {}", qualified_view(table)),
                  "The history of its retries is a view beside the table.",
                  core::format("GRANT CREATE ON SCHEMA {} TO {}.", pg::quote_ident(table.schema),
                               pg::quote_ident(owner)));
}

void create_history_view(Adopting &a, Work &work) {
    const TableShape &table = a.table;
    std::string view = qualified_view(table);
    const char *lock = "ACCESS EXCLUSIVE on the view";
    bool exists = find_view(table, a.request.home) == Found::ours;
    work.run(
        core::format("CREATE OR REPLACE VIEW {} WITH (security_invoker = true) AS {}", view, view_query(a)),
        lock);
    if (!exists) {
        work.run(core::format("COMMENT ON VIEW {} IS {}", view,
                              pg::quote_literal("retry_ledger: the retries of " + table.qualified)),
                 lock);
        work.run(core::format("GRANT SELECT ON {} TO PUBLIC", view), lock);
        if (GetUserId() != table.owner) {
            std::string owner = pg::pg_call([&] { return GetUserNameFromId(table.owner, false); });
            work.run(core::format("ALTER VIEW {} OWNER TO {}", view, pg::quote_ident(owner)), lock);
        }
    }
    a.add("history_view", view, exists ? "replaced" : "created");
}

void remove_history_view(const TableShape &table, const pg::Home &home, Work &work) {
    if (find_view(table, home) == Found::ours)
        work.run(core::format("DROP VIEW {}", qualified_view(table)), "ACCESS EXCLUSIVE on the view");
}

}  // namespace retry_ledger::govern

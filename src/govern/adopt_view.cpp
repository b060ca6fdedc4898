// The history of one table's retries, <table>_retry_history, with the parent's status and whole error.
//
// security_invoker: whoever reads it needs the right to read the table, and its policies apply.  That is why
// anybody may be granted the view itself.
#include "govern/adopt_steps.hpp"
#include "govern/history_view.hpp"

extern "C" {
#include "parser/analyze.h"
#include "rewrite/rewriteHandler.h"
}

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

struct FoundView {
    Found what;
    Oid oid;
};

FoundView find_view(const TableShape &table, const pg::Home &home) {
    pg::Rows rows = pg::run_latest(
        "SELECT c.relkind = 'v' AND 2 = (SELECT count(DISTINCT d.refobjid) FROM pg_rewrite r JOIN pg_depend d"
        "  ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass"
        "  WHERE r.ev_class = c.oid AND d.refobjid IN ($3, (SELECT h.oid FROM pg_class h"
        "   WHERE h.relnamespace = $4 AND h.relname = 'retry_history'))), c.oid"
        " FROM pg_class c WHERE c.relnamespace = $1 AND c.relname = $2",
        {pg::oid_param(table.schema_oid), pg::name_param(view_name(table)), pg::oid_param(table.relation),
         pg::oid_param(home.schema)});
    if (rows.empty()) return {Found::nothing, InvalidOid};
    return {rows.boolean(0, 1) ? Found::ours : Found::foreign, static_cast<Oid>(rows.integer(0, 2))};
}

// What the view is made from.
struct Shown {
    const pg::Home &home;
    const TableShape &table;
    const ColumnShape &key, &status;
    const ColumnShape *error;
};

// The history keeps keys of all tables as text: read as the key's type without ever raising, for another
// table's keys may come by, and without leaking, so that row level security doesn't keep the index from use.
std::string key_expression(const Shown &shown, const std::string &key_text) {
    const ColumnShape &key = shown.key;
    std::string schema = pg::schema_name(shown.home);
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
                                pg::quote_literal(shown.table.qualified), key_text, key.base_type_name);
    }
}

std::string join_run(const Shown &shown, const char *alias, const char *key_text) {
    return core::format(" JOIN {} {} ON {}.{} = {}", shown.table.qualified, alias, alias,
                        pg::quote_ident(shown.key.name), key_expression(shown, key_text));
}

std::string view_query(const Shown &shown) {
    return core::format(
        "SELECT h.tenant, h.original_run_id, h.retry_run_id, h.attempt, {} AS original_status,"
        " {} AS original_error, {} AS retry_status, h.reason, h.actor, h.retried_at, h.voided_at"
        " FROM {}.retry_history h{}{} WHERE h.run_table = {}",
        text_expression("p", shown.status),
        shown.error ? text_expression("p", *shown.error) : "h.original_error",
        text_expression("r", shown.status), pg::schema_name(shown.home),
        join_run(shown, "p", "h.original_run_id"), join_run(shown, "r", "h.retry_run_id"),
        pg::quote_literal(shown.table.qualified));
}

// The columns by name and type; within a pg_call.
bool has_columns_of(Relation view, const Query &query) {
    TupleDesc has = RelationGetDescr(view);
    int number = 0;
    ListCell *cell;
    foreach (cell, query.targetList) {
        const auto *made = lfirst_node(TargetEntry, cell);
        if (made->resjunk) continue;
        if (number == has->natts) return false;
        const FormData_pg_attribute &column = *TupleDescAttr(has, number++);
        if (strcmp(NameStr(column.attname), made->resname) != 0 ||
            column.atttypid != exprType(reinterpret_cast<Node *>(made->expr)))
            return false;
    }
    return number == has->natts;
}

// Both queries as text: a dump that was restored has written the same in another way.
bool shows(Relation view, Query *query) {
    auto *shown = static_cast<Query *>(copyObjectImpl(get_view_query(view)));
    return RelationHasSecurityInvoker(view) &&
           strcmp(pg_get_querydef(shown, false), pg_get_querydef(query, false)) == 0;
}

struct Likeness {
    bool columns, all;
};

// Locks nothing that somebody else has locked against readers: whoever watches guards doesn't wait.
Likeness compare(Oid view, Oid table, const std::string &query) {
    return pg::pg_call([&] {
        if (!ConditionalLockRelationOid(view, AccessShareLock) ||
            !ConditionalLockRelationOid(table, AccessShareLock))
            return Likeness{true, true};
        Query *made = parse_analyze_fixedparams(linitial_node(RawStmt, pg_parse_query(query.c_str())),
                                                query.c_str(), nullptr, 0, nullptr);
        Relation relation = table_open(view, NoLock);
        const bool columns = has_columns_of(relation, *made);
        const Likeness found = {columns, columns && shows(relation, made)};
        table_close(relation, AccessShareLock);
        return found;
    });
}

}  // namespace

void check_history_view(const Adopting &a) {
    const TableShape &table = a.table;
    const Found found = find_view(table, a.request.home).what;
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
    const std::string query = view_query(
        {a.request.home, table, *a.mapped(Role::key), *a.mapped(Role::status), a.mapped(Role::error)});
    const FoundView found = find_view(table, a.request.home);
    bool exists = found.what == Found::ours;
    // Columns of other names or types can't be replaced.
    if (exists && !compare(found.oid, table.relation, query).columns) {
        work.run("DROP VIEW " + view, lock);
        exists = false;
    }
    work.run(core::format("CREATE OR REPLACE VIEW {} WITH (security_invoker = true) AS {}", view, query),
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
    if (find_view(table, home).what == Found::ours)
        work.run(core::format("DROP VIEW {}", qualified_view(table)), "ACCESS EXCLUSIVE on the view");
}

std::string history_view_gap(const pg::Home &home, Oid table, const HistoryColumns &columns) {
    const TableShape shape = read_columns_of(table);
    const std::string name = "view " + qualified_view(shape);
    const FoundView found = find_view(shape, home);
    if (found.what != Found::ours) return name;
    const ColumnShape *key = shape.find(columns.key), *status = shape.find(columns.status),
                      *error = columns.error.empty() ? nullptr : shape.find(columns.error);
    const bool can_look = pg::pg_call(
        [&] { return pg::compat::has_schema_privilege(shape.schema_oid, GetUserId(), ACL_USAGE); });
    if (key == nullptr || status == nullptr || (error == nullptr && !columns.error.empty()) || !can_look)
        return "";
    return compare(found.oid, table, view_query({home, shape, *key, *status, error})).all
               ? ""
               : "definition of " + name;
}

}  // namespace retry_ledger::govern

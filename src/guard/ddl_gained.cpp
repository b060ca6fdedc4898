#include "guard/ddl_gained.hpp"

#include <algorithm>

#include "core/names.hpp"
#include "guard/ddl_refusal.hpp"

namespace retry_ledger::guard {

namespace {

// A common table expression `temporary` of columns that rest on something in the schema of a session, at
// whatever depth: their type or collation, what a domain, an array, a range or a composite type is made of,
// and the functions of a type.  `tables`: a query for their OIDs.  PostgreSQL drops what rests on it, too.
std::string temporary_columns(const std::string &tables) {
    return core::format(
        "RECURSIVE looked_at(relation) AS ({}), needs(relation, number, classid, objid) AS ("
        "  SELECT d.objid, d.objsubid, d.refclassid, d.refobjid FROM looked_at l"
        "  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = l.relation AND d.objsubid > 0"
        "   AND d.refclassid IN ('pg_type'::regclass, 'pg_collation'::regclass)"
        " UNION SELECT n.relation, n.number, d.refclassid, d.refobjid FROM needs n"
        "  JOIN pg_depend d ON d.classid = n.classid AND d.objid = n.objid"
        "  WHERE d.refclassid IN ('pg_type'::regclass, 'pg_class'::regclass, 'pg_collation'::regclass,"
        "   'pg_proc'::regclass, 'pg_opclass'::regclass, 'pg_namespace'::regclass)),"
        " temporary AS (SELECT a.attrelid, a.attnum, a.attname FROM needs n"
        "  JOIN pg_namespace s ON n.classid = 'pg_namespace'::regclass AND s.oid = n.objid"
        "   AND s.nspname LIKE 'pg\\_temp\\_%'"
        "  JOIN pg_attribute a ON a.attrelid = n.relation AND a.attnum = n.number)",
        tables);
}

std::string new_columns(const std::string &schema) {
    return core::format(
        "WITH {0} SELECT DISTINCT g.table_name::text, format('column %I of governed table %s', t.attname,"
        " g.table_name) FROM temporary t JOIN {1}.governed_table g ON g.run_table = t.attrelid ORDER BY 1, 2",
        temporary_columns(core::format("SELECT run_table::oid FROM {}.governed_table", schema)), schema);
}

std::string memberships(const std::string &schema) {
    return core::format(
        "WITH RECURSIVE tree AS (SELECT table_name::text, run_table::oid AS relation FROM {}.governed_table"
        " UNION ALL SELECT t.table_name, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = "
        "t.relation)"
        " SELECT t.table_name, format('%s%I.%I to extension %I', CASE WHEN c.relispartition THEN 'partition '"
        " ELSE 'governed table ' END, n.nspname, c.relname, e.extname)"
        " FROM tree t JOIN pg_class c ON c.oid = t.relation JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = t.relation AND d.deptype = 'e'"
        " JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid ORDER BY 1, "
        "2",
        schema);
}

struct Gained {
    std::string table, title;
    bool operator==(const Gained &other) const { return table == other.table && title == other.title; }
};

std::vector<Gained> read(const pg::Rows &rows) {
    std::vector<Gained> found;
    for (uint64 i = 0; i < rows.size(); i++) found.push_back({rows.string(i, 1), rows.string(i, 2)});
    return found;
}

void refuse_new(const std::string &sql, CommandTag tag, CommandId started, const std::string &why,
                const std::string &hint) {
    const std::vector<Gained> after = read(pg::run_latest(sql));
    if (after.empty()) return;
    const std::vector<Gained> before = read(pg::run_as_of(started, sql));
    for (const Gained &gained : after) {
        if (std::find(before.begin(), before.end(), gained) != before.end()) continue;
        DdlRefusal refusal;
        refusal.command = GetCommandTagName(tag);
        refusal.message = core::format("{} would add {}{}", refusal.command, gained.title, why);
        refusal.table = gained.table;
        refusal.reasons = {gained.title};
        refusal.hint = hint;
        throw to_error(refusal);
    }
}

}  // namespace

void refuse_gained(const pg::Home &home, CommandTag tag, CommandId started) {
    const std::string schema = pg::schema_name(home);
    if (tag == CMDTAG_ALTER_TABLE)
        refuse_new(new_columns(schema), tag, started, ", whose type or collation is temporary",
                   "It would go with the session that made the type or collation; use one that stays.");
    if (tag == CMDTAG_ALTER_EXTENSION)
        refuse_new(memberships(schema), tag, started, "",
                   "Dumps leave out the rows of tables that belong to an extension.");
}

void tell_uncarried(const pg::Home &home, CommandTag tag, CommandId started) {
    if (tag != CMDTAG_ALTER_TABLE) return;
    const std::string sql = core::format(
        "SELECT g.table_name::text, a.attname::text, a.atttypid IN ('timestamptz'::regtype, "
        "'timestamp'::regtype, 'date'::regtype), CASE g.kind WHEN 'files' THEN format('govern_files(%L, %L', "
        "g.table_name, g.of_table) ELSE format('govern_runs(%L', g.table_name) END"
        " || format(', input_columns => %L)', (g.input_columns || a.attname)::text)"
        " FROM {}.governed_table g JOIN pg_attribute a ON a.attrelid = g.run_table AND a.attnum > 0"
        " AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''"
        " WHERE g.kind IN ('runs', 'files') AND a.attname <> ALL (g.input_columns || g.outcome_columns"
        "  || g.frozen_columns || g.status_column || coalesce(g.error_column, '')"
        "  || coalesce(g.reason_column, '')) ORDER BY 1, a.attnum",
        pg::schema_name(home));
    const pg::Rows after = pg::run_latest(sql);
    if (after.empty()) return;
    const std::vector<Gained> before = read(pg::run_as_of(started, sql)), now = read(after);
    for (uint64 i = 0; i < after.size(); i++) {
        if (std::find(before.begin(), before.end(), now[i]) != before.end()) continue;
        if (core::says_outcome(now[i].title, after.boolean(i, 3))) continue;
        const std::string message =
            core::format("column \"{}\" of {} starts anew with each retry", now[i].title, now[i].table);
        const std::string hint = core::format("To carry it over: {}.", after.string(i, 4));
        pg::pg_call([&] { ereport(NOTICE, (errmsg("%s", message.c_str()), errhint("%s", hint.c_str()))); });
    }
}

std::string temporary_column(Oid table) {
    const pg::Rows rows =
        pg::run_latest(core::format("WITH {} SELECT attname::text FROM temporary ORDER BY attnum LIMIT 1",
                                    temporary_columns("SELECT $1")),
                       {pg::oid_param(table)});
    return rows.empty() ? "" : rows.string(0, 1);
}

}  // namespace retry_ledger::guard

#include "guard/ddl_gained.hpp"

#include <algorithm>

#include "core/names.hpp"
#include "guard/ddl_refusal.hpp"
#include "guard/passing.hpp"
#include "guard/type_parts.hpp"

namespace retry_ledger::guard {

namespace {

// Columns that show names of other objects where they store numbers, at whatever depth of their type.
std::string reference_columns(const std::string &tables) {
    return columns_made_of(
        tables,
        "SELECT unnest('{regproc,regprocedure,regoper,regoperator,regclass,regtype,regconfig,"
        "regdictionary,regnamespace,regrole,regcollation,aclitem}'::regtype[])::oid");
}

std::string governed_tables(const std::string &schema) {
    return core::format("SELECT table_name::text, run_table::oid FROM {}.governed_table", schema);
}

// The same, as titles.
std::string of_governed(const std::string &parts, const char *what) {
    return core::format(
        "SELECT p.table_name, format('{}%s of governed table %s', p.part, p.table_name)"
        " FROM ({}) p(table_name, part)",
        what, parts);
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

// Operators of these types, of arrays of them and domains over them: taken before PostgreSQL's own of any
// enum, any array.  Those that were there before the lock stay, and
// guard_status() doesn't name them, so they aren't in left_of_types.
std::string operators_of_types(const std::string &schema) {
    return core::format(
        "WITH RECURSIVE side(oid, root) AS (SELECT oid, root FROM {}.locked_type"
        " UNION SELECT t.oid, s.root FROM side s JOIN pg_type t"
        "  ON CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END = s.oid)"
        " SELECT format('operator %s', o.oid::regoperator), 'pg_operator'::regclass::oid, o.oid, s.root"
        " FROM pg_operator o JOIN side s ON s.oid IN (o.oprleft, o.oprright) WHERE o.oid >= 16384"
        " UNION SELECT format('cast from %s to %s', c.castsource::regtype, c.casttarget::regtype),"
        " 'pg_cast'::regclass, c.oid, s.root"
        " FROM pg_cast c JOIN side s ON s.oid IN (c.castsource, c.casttarget)"
        " WHERE c.castmethod = 'i' AND c.castcontext = 'i'",
        schema);
}

// What comes with the types of locked tables' columns, and isn't an extension's.
std::string brought_along(const std::string &schema) {
    return core::format(
        "SELECT g.table_name::text, format('%s to %s', l.what, g.table_name) FROM ("
        " SELECT what, classid, objid, root FROM {0}.left_of_types UNION ({1})) l(what, classid, objid, root)"
        " JOIN {0}.governed_table g ON g.run_table = l.root WHERE NOT EXISTS (SELECT FROM"
        " {0}.extension_member m WHERE m.classid = l.classid AND m.objid = l.objid) ORDER BY 1, 2",
        schema, operators_of_types(schema));
}

// Queries that mean the whole row by its table's name, or its partition's, find the column then.
std::string named_as_table(const std::string &schema) {
    return core::format(
        "SELECT g.table_name::text, format('column %I to %s', a.attname, g.table_name) FROM "
        "{}.governed_table g"
        " JOIN pg_attribute a ON a.attrelid = g.run_table AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE g.locked AND EXISTS (SELECT FROM pg_class c WHERE c.relname = a.attname AND"
        "  (c.oid = g.run_table OR c.oid IN (SELECT relid FROM pg_partition_tree(g.run_table))))",
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

struct Rule {
    const char *verb, *end, *hint;
};

void refuse_new(const std::string &sql, CommandTag tag, CommandId started, const Rule &rule) {
    const std::vector<Gained> after = read(pg::run_latest(sql));
    if (after.empty()) return;
    const std::vector<Gained> before = read(pg::run_as_of(started, sql));
    for (const Gained &gained : after) {
        if (std::find(before.begin(), before.end(), gained) != before.end()) continue;
        DdlRefusal refusal;
        refusal.command = GetCommandTagName(tag);
        refusal.message =
            core::format("{} would {} {}{}", refusal.command, rule.verb, gained.title, rule.end);
        refusal.table = gained.table;
        refusal.reasons = {gained.title};
        refusal.hint = rule.hint;
        throw to_error(refusal);
    }
}

}  // namespace

void refuse_gained(const pg::Home &home, CommandTag tag, CommandId started) {
    const std::string schema = pg::schema_name(home);
    if (tag == CMDTAG_ALTER_TABLE)
        refuse_new(
            of_governed(reference_columns(governed_tables(schema)), "column "), tag, started,
            {"add", ", which shows names of other objects",
             "Types such as regclass and aclitem store numbers: what an ended row says would change when "
             "such an object is renamed. Use text."});
    if (tag == CMDTAG_ALTER_TABLE)
        refuse_new(named_as_table(schema), tag, started,
                   {"add", ", which is called as the table",
                    "Queries that mean a whole row by the name of its table would find the column instead: "
                    "choose another name."});
    if (tag == CMDTAG_ALTER_TABLE || tag == CMDTAG_ALTER_TYPE)
        refuse_new(brought_along(schema), tag, started,
                   {"bring", "",
                    "It is there for the type of a column, and its functions may have queries find other "
                    "rows. Drop it first."});
    if (tag == CMDTAG_ALTER_EXTENSION || tag == CMDTAG_ALTER_TABLE || tag == CMDTAG_CREATE_TABLE)
        refuse_new(memberships(schema), tag, started,
                   {"add", "", "Dumps leave out the rows of tables that belong to an extension."});
}

void refuse_passing(const pg::Home &home, CommandTag tag, CommandId started) {
    if (!has_temporary_objects()) return;
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    refuse_new(
        of_governed(passing_parts(governed_tables(pg::schema_name(home))), ""), tag, started,
        {"let", " go with a session",
         "It would rest on something temporary, such as a type, a collation or a function: use one that "
         "stays."});
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

std::string reference_column(Oid table) {
    const pg::Rows rows = pg::run_latest(reference_columns("SELECT ''::text, $1"), {pg::oid_param(table)});
    return rows.empty() ? "" : rows.string(0, 2);
}

}  // namespace retry_ledger::guard

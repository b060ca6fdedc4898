// Which relations can be governed, and by whom.
#include "govern/adopt_steps.hpp"
#include "guard/ddl_gained.hpp"
#include "guard/passing.hpp"
#include "guard/type_parts.hpp"

namespace retry_ledger::govern {

namespace {

const char *kind_name(char kind) {
    switch (kind) {
        case RELKIND_VIEW:
            return "a view";
        case RELKIND_MATVIEW:
            return "a materialized view";
        case RELKIND_FOREIGN_TABLE:
            return "a foreign table";
        case RELKIND_SEQUENCE:
            return "a sequence";
        case RELKIND_INDEX:
        case RELKIND_PARTITIONED_INDEX:
            return "an index";
        case RELKIND_COMPOSITE_TYPE:
            return "a composite type";
        default:
            return "no ordinary table";
    }
}

void check_kind(const TableShape &table) {
    if (table.kind == RELKIND_RELATION || table.kind == RELKIND_PARTITIONED_TABLE) return;
    throw refusal(table, ERRCODE_WRONG_OBJECT_TYPE,
                  core::format("{} can't be governed: it is {}", table.qualified, kind_name(table.kind)),
                  "Only tables and partitioned tables keep rows of their own under triggers of their own.",
                  "Name the table that holds the rows.");
}

bool is_own(const TableShape &table, const Request &request) {
    return pg::pg_call([&] {
        Oid extension = getExtensionOfObject(RelationRelationId, table.relation);
        return OidIsValid(extension) && extension == getExtensionOfObject(ProcedureRelationId, request.entry);
    });
}

void check_whose(const TableShape &table, const Request &request) {
    if (table.relation < FirstNormalObjectId || table.schema == "information_schema")
        throw refusal(table, ERRCODE_WRONG_OBJECT_TYPE,
                      core::format("{} can't be governed: it is a system catalog", table.qualified),
                      "PostgreSQL's own tables take no triggers.", "Name a table of the application.");
    if (is_own(table, request))
        throw refusal(table, ERRCODE_WRONG_OBJECT_TYPE,
                      core::format("{} can't be governed: it is retry_ledger's own", table.qualified),
                      "The extension's tables are guarded from their creation.",
                      "Name a table of the application.");
}

void check_family(const TableShape &table) {
    if (table.is_partition) {
        Oid root = pg::pg_call([&] { return llast_oid(get_partition_ancestors(table.relation)); });
        throw refusal(table, ERRCODE_WRONG_OBJECT_TYPE,
                      core::format("{} can't be governed: it is a partition", table.qualified),
                      "A partitioned table is governed as a whole.",
                      core::format("Name its root: {}.", pg::qualified_name(root)));
    }
    if (table.has_inheritance)
        throw refusal(
            table, ERRCODE_FEATURE_NOT_SUPPORTED,
            core::format("{} can't be governed: it has parents or children by INHERITS", table.qualified),
            "Triggers don't reach tables that inherit, so their rows would go unguarded.",
            core::format("Detach them first, as in ALTER TABLE child NO INHERIT {}, or use "
                         "declarative partitioning.",
                         table.qualified));
    for (const Member &member : table.members)
        if (member.kind == RELKIND_FOREIGN_TABLE)
            throw refusal(
                table, ERRCODE_FEATURE_NOT_SUPPORTED,
                core::format("{} can't be governed: its partition {} is a foreign table", table.qualified,
                             member.qualified),
                "Another server's rows can be changed there, past our triggers.",
                core::format("ALTER TABLE {} DETACH PARTITION {}.", table.qualified, member.qualified));
}

void check_dumped(const TableShape &table, Oid relation) {
    const char *extension = pg::pg_call([&]() -> const char * {
        const Oid found = getExtensionOfObject(RelationRelationId, relation);
        return OidIsValid(found) ? get_extension_name(found) : nullptr;
    });
    if (extension == nullptr) return;
    const std::string name = pg::qualified_name(relation);
    throw refusal(table, ERRCODE_WRONG_OBJECT_TYPE,
                  core::format("{} can't be governed: {} belongs to extension {}", table.qualified,
                               relation == table.relation ? "it" : name, extension),
                  "Dumps leave out the rows of tables that belong to an extension.",
                  core::format("ALTER EXTENSION {} DROP TABLE {}.", pg::quote_ident(extension), name));
}

void check_storage(const TableShape &table) {
    if (table.persistence == RELPERSISTENCE_TEMP)
        throw refusal(table, ERRCODE_FEATURE_NOT_SUPPORTED,
                      core::format("{} can't be governed: it is temporary", table.qualified),
                      "A temporary table is gone with its session, and no fact stays in it.",
                      "Govern a permanent table.");
    if (table.persistence == RELPERSISTENCE_UNLOGGED)
        throw refusal(table, ERRCODE_FEATURE_NOT_SUPPORTED,
                      core::format("{} can't be governed: it is unlogged", table.qualified),
                      "A crash of the server empties an unlogged table.",
                      core::format("ALTER TABLE {} SET LOGGED.", table.qualified));
    for (const Member &member : table.members)
        if (member.persistence == RELPERSISTENCE_UNLOGGED)
            throw refusal(table, ERRCODE_FEATURE_NOT_SUPPORTED,
                          core::format("{} can't be governed: its partition {} is unlogged", table.qualified,
                                       member.qualified),
                          "A crash of the server empties an unlogged table.",
                          core::format("ALTER TABLE {} SET LOGGED.", member.qualified));
    if (table.typed)
        throw refusal(table, ERRCODE_FEATURE_NOT_SUPPORTED,
                      core::format("{} can't be governed: it is a typed table", table.qualified),
                      "The columns of a table made with CREATE TABLE ... OF change with their type.",
                      core::format("ALTER TABLE {} NOT OF.", table.qualified));
}

void check_owner(const TableShape &table) {
    if (pg::pg_call([&] { return pg::compat::owns_relation(table.relation, GetUserId()); })) return;
    std::string owner = pg::pg_call([&] { return GetUserNameFromId(table.owner, false); });
    throw refusal(table, ERRCODE_INSUFFICIENT_PRIVILEGE,
                  core::format("must be owner of table {}", table.qualified),
                  core::format("Its owner is {}.", pg::quote_ident(owner)),
                  core::format("SET ROLE {}, or ask a superuser.", pg::quote_ident(owner)));
}

// A policy that hides rows would hide them from the look at what exists.
void check_sees_all(const TableShape &table) {
    if (pg::pg_call([&] { return check_enable_rls(table.relation, InvalidOid, true); }) != RLS_ENABLED)
        return;
    throw refusal(
        table, ERRCODE_INSUFFICIENT_PRIVILEGE,
        core::format("row level security would hide rows of {} from its adoption", table.qualified),
        "Row level security is forced on its owner, and every existing row has to be looked at.",
        core::format("Let a superuser or a role with BYPASSRLS that owns the table make the call, or "
                     "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY for the time of the call.",
                     table.qualified));
}

void check_depth(const TableShape &table) {
    const std::string column = guard::deep_column(table.relation);
    if (column.empty()) return;
    throw refusal(
        table, ERRCODE_FEATURE_NOT_SUPPORTED,
        core::format("{} can't be governed: the type of its column {} is made of types {} levels deep",
                     table.qualified, pg::quote_ident(column), guard::deepest_type),
        "All of them are walked wherever the table is guarded.", "Use a type that is made of fewer others.",
        column);
}

// What rows say, and the name that they are recorded under, must not be changed by a transaction that began
// before: it knows nothing of the adoption, nor the adoption of what it does.
void hold_what_it_says(const TableShape &table) {
    guard::hold_types(table.relation);
    pg::pg_call([&] {
        LockDatabaseObject(NamespaceRelationId, get_rel_namespace(table.relation), 0, AccessShareLock);
    });
}

}  // namespace

void check_parts_last(const TableShape &table) {
    const std::string part = guard::passing_part(table.relation);
    if (part.empty()) return;
    throw refusal(table, ERRCODE_FEATURE_NOT_SUPPORTED,
                  core::format("{} can't be governed: {} goes with a session", table.qualified, part),
                  "It rests on something temporary, such as a type, a collation or a function.",
                  "Drop it, or make it anew of what stays.");
}

void check_references(const TableShape &table) {
    const std::string column = guard::reference_column(table.relation);
    if (column.empty()) return;
    throw refusal(
        table, ERRCODE_FEATURE_NOT_SUPPORTED,
        core::format("{} can't be governed: its column {} shows names of other objects", table.qualified,
                     pg::quote_ident(column)),
        "Types such as regclass and aclitem store numbers: what an ended row says would change when such an "
        "object is renamed or dropped.",
        core::format("ALTER TABLE {} ALTER COLUMN {} TYPE text keeps the names as they are now.",
                     table.qualified, pg::quote_ident(column)),
        column);
}

void check_table(const TableShape &table, const Request &request) {
    check_whose(table, request);
    check_kind(table);
    check_family(table);
    check_dumped(table, table.relation);
    for (const Member &member : table.members) check_dumped(table, member.relation);
    check_storage(table);
    check_depth(table);
    hold_what_it_says(table);
    check_parts_last(table);
    check_owner(table);
    check_sees_all(table);
}

}  // namespace retry_ledger::govern

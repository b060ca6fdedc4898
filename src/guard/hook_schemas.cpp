// The schemas of extensions that governed columns' types come from.  Who doesn't find the operators of such a
// type has its values compared by those of another one that they are cast to, citext as text: conditions find
// less, and no error says so.  So these schemas keep their names, and nobody loses USAGE on them.
//
// Grants tell no object hook, and a dump that is restored takes USAGE away before it grants it anew.  So who
// had it is noted before a command that can take it, and asked again when the transaction is about to commit.
#include <algorithm>
#include <vector>

#include "guard/hook_access.hpp"
#include "pg/text.hpp"
#include "pg/transaction.hpp"

namespace retry_ledger::guard {

namespace {

constexpr const char *why =
    "Queries that don't find the operators of its types would compare their values by others, and find less.";

// Within a pg_call.
Oid schema_of_operator(Oid oid) {
    HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(oid));
    if (!HeapTupleIsValid(tuple)) return InvalidOid;
    const Oid schema = reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple))->oprnamespace;
    ReleaseSysCache(tuple);
    return schema;
}

// Of the functions and operators that it has brought.  Within a pg_call.
List *add_schemas_of(Oid extension, List *schemas) {
    Relation depend = table_open(DependRelationId, AccessShareLock);
    ScanKeyData keys[2];
    ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(ExtensionRelationId));
    ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(extension));
    SysScanDesc scan = systable_beginscan(depend, DependReferenceIndexId, true, nullptr, 2, keys);
    while (HeapTuple tuple = systable_getnext(scan)) {
        const auto &form = *reinterpret_cast<Form_pg_depend>(GETSTRUCT(tuple));
        if (form.deptype != DEPENDENCY_EXTENSION) continue;
        if (form.classid == ProcedureRelationId)
            schemas = list_append_unique_oid(schemas, get_func_namespace(form.objid));
        else if (form.classid == OperatorRelationId)
            schemas = list_append_unique_oid(schemas, schema_of_operator(form.objid));
    }
    systable_endscan(scan);
    table_close(depend, AccessShareLock);
    return schemas;
}

List *schemas_of(Oid extension) {
    return pg::pg_call([&] { return add_schemas_of(extension, NIL); });
}

std::string name_of(Oid extension) {
    return pg::quote_ident(pg::pg_call([&] { return get_extension_name(extension); }));
}

// ---- who has USAGE

struct Readers {
    Oid extension, schema;
    std::vector<Oid> roles;  // ACL_ID_PUBLIC among them

    bool include(Oid role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }
};
pg::TransactionLocal<std::vector<Readers>> noted;

// Those who are named in the schema's privileges; none if the schema is gone.
Readers readers_of(Oid extension, Oid schema) {
    Readers readers = {extension, schema, {}};
    const List *roles = pg::pg_call([&] {
        HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
        if (!HeapTupleIsValid(tuple)) return static_cast<List *>(NIL);
        bool null;
        const Datum stored = SysCacheGetAttr(NAMESPACEOID, tuple, Anum_pg_namespace_nspacl, &null);
        const Acl *acl =
            null ? acldefault(OBJECT_SCHEMA, reinterpret_cast<Form_pg_namespace>(GETSTRUCT(tuple))->nspowner)
                 : DatumGetAclPCopy(stored);
        List *named = NIL;
        for (int i = 0; i < ACL_NUM(acl); i++)
            if ((ACLITEM_GET_PRIVS(ACL_DAT(acl)[i]) & ACL_USAGE) != 0)
                named = list_append_unique_oid(named, ACL_DAT(acl)[i].ai_grantee);
        ReleaseSysCache(tuple);
        return named;
    });
    for (int i = 0; i < list_length(roles); i++) readers.roles.push_back(list_nth_oid(roles, i));
    return readers;
}

bool can_take_usage(const Node *statement) {
    switch (nodeTag(statement)) {
        case T_GrantStmt: {
            const auto &grant = *reinterpret_cast<const GrantStmt *>(statement);
            return !grant.is_grant && grant.objtype == OBJECT_SCHEMA;
        }
        case T_AlterOwnerStmt:
            return reinterpret_cast<const AlterOwnerStmt *>(statement)->objectType == OBJECT_SCHEMA;
        case T_DropOwnedStmt:
        case T_ReassignOwnedStmt:
            return true;
        default:
            return false;
    }
}

// One who is gone by now has nothing to read; one who has it otherwise has lost nothing.
bool has_lost(const Readers &now, Oid role) {
    if (now.include(ACL_ID_PUBLIC)) return false;
    if (role == ACL_ID_PUBLIC) return true;
    return pg::pg_call([&] {
        return SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)) &&
               !pg::compat::has_schema_privilege(now.schema, role, ACL_USAGE);
    });
}

void check_readers(const Readers &before) {
    const Readers now = readers_of(before.extension, before.schema);
    for (const Oid role : before.roles) {
        if (!has_lost(now, role)) continue;
        refuse_locked(
            core::format("{} can't lose USAGE on {}: extension {} is in it, whose types locked tables have",
                         role == ACL_ID_PUBLIC ? "PUBLIC" : describe({AuthIdRelationId, role, 0}),
                         describe({NamespaceRelationId, before.schema, 0}), name_of(before.extension)),
            InvalidOid,
            core::format("{} Grant it again in the same transaction, or drop the role there.", why));
    }
}

void check_commit(XactEvent event, void *) {
    if ((event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE) || noted.find() == nullptr)
        return;
    pg::entry([] {
        const LockedDatabase *database = locked_database();
        for (const Readers &readers : *noted.find())
            if (database != nullptr && database->extensions.contains(readers.extension))
                check_readers(readers);
        return true;
    });
}

}  // namespace

void check_renamed_schema(const LockedDatabase &database, const Access &access) {
    if (access.type != OAT_POST_ALTER || access.object.classId != NamespaceRelationId) return;
    if (!is_renamed_schema(access.object.objectId)) return;
    for (int i = 0; i < database.extensions.count; i++) {
        const Oid extension = database.extensions.items[i];
        if (!list_member_oid(schemas_of(extension), access.object.objectId)) continue;
        refuse_locked(core::format("{} keeps its name: extension {} is in it, whose types locked tables have",
                                   describe(access.object), name_of(extension)),
                      InvalidOid,
                      core::format("{} Release the tables that have columns of these types first.", why));
    }
}

void note_readers(const Node *statement) {
    if (!can_take_usage(statement) || noted.find() != nullptr) return;
    pg::pg_call([] { AcceptInvalidationMessages(); });
    const LockedDatabase *database = locked_database();
    if (database == nullptr) return;
    std::vector<Readers> readers;
    for (int i = 0; i < database->extensions.count; i++) {
        const Oid extension = database->extensions.items[i];
        const List *schemas = schemas_of(extension);
        for (int n = 0; n < list_length(schemas); n++)
            readers.push_back(readers_of(extension, list_nth_oid(schemas, n)));
    }
    noted.get() = std::move(readers);
}

void watch_readers() {
    RegisterXactCallback(check_commit, nullptr);
}

}  // namespace retry_ledger::guard

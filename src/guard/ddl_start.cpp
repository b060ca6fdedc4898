// Refusals from the parse tree, at ddl_command_start.
//
// Two kinds of commands can't be left to the comparison at the end.  Those that drop the extension take our
// event triggers with them, so that no end is ever seen.  Those that commit in their middle (CONCURRENTLY)
// have done it when their end comes: so they are looked at under the locks that they take themselves, and by
// a name that then can't mean anything else.
#include "guard/ddl_start.hpp"

#include "govern/governed.hpp"
#include "guard/copying.hpp"
#include "guard/hook_script.hpp"
#include "guard/lock.hpp"
#include "guard/subscriptions.hpp"

namespace retry_ledger::guard {

namespace {

std::string tag_of(const EventTriggerData &event) {
    return GetCommandTagName(event.tag);
}

struct OurNames {
    std::string extension, schema;
    Oid extension_oid;
};

OurNames our_names(const pg::Home &home, Oid function) {
    struct Found {
        Oid oid;
        const char *extension, *schema;
    };
    Found found = pg::pg_call([&] {
        Oid oid = getExtensionOfObject(ProcedureRelationId, function);
        const char *name = OidIsValid(oid) ? get_extension_name(oid) : nullptr;
        const char *schema = get_namespace_name(home.schema);
        return Found{oid, name ? name : "", schema ? schema : ""};
    });
    return {found.extension, found.schema, found.oid};
}

bool names_object(const DropStmt &drop, const std::string &name) {
    ListCell *cell;
    foreach (cell, drop.objects)
        if (name == strVal(lfirst(cell))) return true;
    return false;
}

// Whether anything of ours belongs to one of the roles.
bool own_ours(const pg::Home &home, Oid extension, List *roles) {
    std::vector<std::string> oids;
    ListCell *cell;
    foreach (cell, roles) {
        auto *role = lfirst_node(RoleSpec, cell);
        Oid oid = pg::pg_call([&] { return get_rolespec_oid(role, true); });
        oids.push_back(std::to_string(oid));
    }
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    return !pg::run_latest(
                "SELECT FROM pg_shdepend s JOIN pg_database b ON b.oid = s.dbid AND b.datname = "
                "current_database()"
                " WHERE s.deptype = 'o' AND s.refobjid::text = ANY ($1) AND (s.classid, s.objid) IN ("
                "  SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass"
                "   AND refobjid = $2 AND deptype = 'e'"
                "  UNION ALL SELECT 'pg_extension'::regclass, $2"
                "  UNION ALL SELECT 'pg_namespace'::regclass, $3) LIMIT 1",
                {pg::text_array_param(oids), pg::oid_param(extension), pg::oid_param(home.schema)})
                .empty();
}

bool drops_us(const pg::Home &home, const OurNames &ours, const Node *statement) {
    if (IsA(statement, DropStmt)) {
        const auto &drop = *reinterpret_cast<const DropStmt *>(statement);
        if (drop.removeType == OBJECT_EXTENSION) return names_object(drop, ours.extension);
        // Without CASCADE PostgreSQL refuses it itself.
        return drop.removeType == OBJECT_SCHEMA && drop.behavior == DROP_CASCADE &&
               names_object(drop, ours.schema);
    }
    if (IsA(statement, DropOwnedStmt))
        return own_ours(home, ours.extension_oid, reinterpret_cast<const DropOwnedStmt *>(statement)->roles);
    return false;
}

// Who couldn't do it is PostgreSQL's to refuse, and must not wait with a lock that others wait behind.
bool may_reach(const OurNames &ours, Oid schema, const Node *statement) {
    return pg::pg_call([&] {
        const Oid user = GetUserId();
        if (pg::compat::owns_extension(ours.extension_oid, user) || pg::compat::owns_schema(schema, user))
            return true;
        if (!IsA(statement, DropOwnedStmt)) return false;
        ListCell *cell;
        foreach (cell, reinterpret_cast<const DropOwnedStmt *>(statement)->roles)
            if (!has_privs_of_role(user, get_rolespec_oid(lfirst_node(RoleSpec, cell), true))) return false;
        return true;
    });
}

bool changes_us(const OurNames &ours, const Node *statement) {
    if (IsA(statement, AlterExtensionContentsStmt))
        return ours.extension == reinterpret_cast<const AlterExtensionContentsStmt *>(statement)->extname;
    if (IsA(statement, AlterObjectSchemaStmt)) {
        const auto &move = *reinterpret_cast<const AlterObjectSchemaStmt *>(statement);
        return move.objectType == OBJECT_EXTENSION && ours.extension == strVal(move.object);
    }
    if (IsA(statement, RenameStmt)) {
        const auto &rename = *reinterpret_cast<const RenameStmt *>(statement);
        return rename.renameType == OBJECT_SCHEMA && ours.schema == rename.subname;
    }
    return false;
}

// Waits for whoever is governing or releasing a table at this moment, and keeps others from beginning.
std::vector<std::string> settled_names(const pg::Home &home) {
    Oid configuration = pg::own_relation(home, "governed_table");
    pg::pg_call([&] { LockRelationOid(configuration, ShareLock); });
    return governed_names(home);
}

void refuse_reaching_us(const pg::Home &home, const OurNames &ours, const EventTriggerData &event) {
    if (!drops_us(home, ours, event.parsetree) && !changes_us(ours, event.parsetree)) return;
    std::vector<std::string> names = governed_names(home);
    if (names.empty() && may_reach(ours, home.schema, event.parsetree)) names = settled_names(home);
    if (names.empty()) return;
    DdlRefusal refusal;
    refusal.command = tag_of(event);
    refusal.message = core::format("{} would reach the extension {}, which governs {}", refusal.command,
                                   pg::quote_ident(ours.extension),
                                   names.size() == 1 ? names[0] : core::format("{} tables", names.size()));
    refusal.reasons = names;
    refusal.hint = names.size() == 1
                       ? release_hint(names[0])
                       : "Release each governed table first: release_governance and approve_release; "
                         "governed_tables lists them.";
    throw to_error(refusal);
}

// The part of it that commits in its middle, if there is one.
PartitionCmd *detached_concurrently(const AlterTableStmt &alter) {
    ListCell *cell;
    foreach (cell, alter.cmds) {
        auto *command = lfirst_node(AlterTableCmd, cell);
        if (command->subtype != AT_DetachPartition) continue;
        auto *detached = castNode(PartitionCmd, command->def);
        if (detached->concurrent) return detached;
    }
    return nullptr;
}

// Others than an index's or a table's owner are PostgreSQL's to refuse, and must not hold a lock.
bool may_lock(Oid relation) {
    return pg::compat::owns_relation(relation, GetUserId());
}

// As DROP INDEX does: the table before the index.
void lock_with_table(Oid relation, LOCKMODE mode) {
    const Oid table =
        get_rel_relkind(relation) == RELKIND_INDEX ? IndexGetRelation(relation, true) : InvalidOid;
    if (OidIsValid(table)) LockRelationOid(table, mode);
    LockRelationOid(relation, mode);
}

// What the name means, and goes on meaning: the relation is locked as these commands lock it, so that nobody
// renames it, drops it or gives its name to another one until they are done.
Oid settle(const RangeVar *name) {
    return pg::pg_call([&] {
        Oid relation = RangeVarGetRelid(name, NoLock, true);
        while (OidIsValid(relation) && may_lock(relation)) {
            lock_with_table(relation, ShareUpdateExclusiveLock);
            const Oid now = RangeVarGetRelid(name, NoLock, true);
            if (now == relation) return relation;
            UnlockRelationOid(relation, ShareUpdateExclusiveLock);
            relation = now;
        }
        return InvalidOid;
    });
}

// In the memory of the command's tree: an event trigger's own doesn't last.
char *kept_beside(const void *node, const char *text) {
    return MemoryContextStrdup(GetMemoryChunkContext(const_cast<void *>(node)), text);
}

const char *schema_of(Oid relation) {
    return get_namespace_name(get_rel_namespace(relation));
}

[[noreturn]] void refuse_midway(const govern::Governed &table, const EventTriggerData &event,
                                const std::string &lost, const std::string &hint) {
    DdlRefusal refusal;
    refusal.command = tag_of(event);
    refusal.table = table.table_name.string();
    refusal.schema = table.schema.string();
    refusal.relation = table.relname.string();
    refusal.message = core::format("{} CONCURRENTLY would lose {}", refusal.command, lost);
    refusal.hint = hint;
    throw to_error(refusal);
}

// What isn't there yet, or is somebody else's, is detached in one transaction, should it ever come: then the
// command's end is in time.
void check_detach(const pg::Home &home, RangeVar *name, PartitionCmd *detached,
                  const EventTriggerData &event) {
    const Oid relation = settle(name);
    detached->concurrent = OidIsValid(relation);
    if (!detached->concurrent) return;
    pg::pg_call([&] { name->schemaname = kept_beside(name, schema_of(relation)); });
    govern::GovernedRef table = govern::find_governed(home, relation);
    if (!table) return;
    const std::string governed = table->table_name.string();
    refuse_midway(*table, event, core::format("a partition of governed table {}", governed),
                  partition_hint(governed));
}

Oid table_of_unique_index(Oid index) {
    return pg::pg_call([&] {
        HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
        if (!HeapTupleIsValid(tuple)) return InvalidOid;
        auto *form = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
        Oid table = form->indisunique ? form->indrelid : InvalidOid;
        ReleaseSysCache(tuple);
        return table;
    });
}

// What nothing else keeps unique than this index; empty if there is nothing.
std::string key_kept_by(const pg::Home &home, Oid index) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(core::format("SELECT min(title) FROM {}.key_index GROUP BY root, name"
                                                " HAVING bool_and(index = $1) LIMIT 1",
                                                pg::schema_name(home)),
                                   {pg::oid_param(index)});
    return rows.empty() ? "" : rows.string(0, 1);
}

// With the command's own lock on the table, before we look: two that drop an index each would both count on
// the other's.  The command goes on holding it across its transactions.
void check_index(const pg::Home &home, Oid index, const EventTriggerData &event) {
    const Oid relation = table_of_unique_index(index);
    govern::GovernedRef table =
        OidIsValid(relation) ? govern::find_governed(home, relation) : govern::GovernedRef();
    if (!table) return;
    const std::string key = key_kept_by(home, index);
    if (!key.empty()) refuse_midway(*table, event, key, another_key_hint);
}

// PostgreSQL takes one index at a time.
void check_drop_index(const pg::Home &home, DropStmt *drop, const EventTriggerData &event) {
    if (list_length(drop->objects) != 1) return;
    ListCell *cell = list_head(drop->objects);
    auto *names = static_cast<List *>(lfirst(cell));
    const Oid index = settle(pg::pg_call([&] { return makeRangeVarFromNameList(names); }));
    drop->concurrent = OidIsValid(index);
    if (!drop->concurrent) return;
    pg::pg_call([&] {
        MemoryContext before = MemoryContextSwitchTo(GetMemoryChunkContext(names));
        lfirst(cell) =
            list_make2(makeString(pstrdup(schema_of(index))), makeString(pstrdup(strVal(llast(names)))));
        MemoryContextSwitchTo(before);
    });
    check_index(home, index, event);
}

void refuse_concurrent(const pg::Home &home, const EventTriggerData &event) {
    if (IsA(event.parsetree, AlterTableStmt)) {
        auto *alter = reinterpret_cast<AlterTableStmt *>(event.parsetree);
        if (PartitionCmd *detached = detached_concurrently(*alter))
            check_detach(home, alter->relation, detached, event);
    } else if (IsA(event.parsetree, DropStmt)) {
        auto *drop = reinterpret_cast<DropStmt *>(event.parsetree);
        if (drop->removeType == OBJECT_INDEX && drop->concurrent) check_drop_index(home, drop, event);
    }
}

// What of ours is made with the column: guards name it, the view on the history shows it.
bool is_used_by_us(const pg::Home &home, Oid table, const char *column) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    return !pg::run_latest(
                "SELECT FROM pg_attribute a JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass"
                " AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum"
                " LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid"
                " LEFT JOIN pg_depend h ON d.classid = 'pg_rewrite'::regclass AND h.classid = d.classid"
                "  AND h.objid = d.objid AND h.refclassid = d.refclassid"
                " LEFT JOIN pg_class c ON c.oid = h.refobjid AND c.relnamespace = $3 AND c.relname = "
                "'retry_history'"
                " WHERE a.attrelid = $1 AND a.attname = $2"
                " AND (t.tgname LIKE 'retry\\_ledger\\_%' OR c.oid IS NOT NULL) LIMIT 1",
                {pg::oid_param(table), pg::name_param(column), pg::oid_param(home.schema)})
                .empty();
}

// PostgreSQL would refuse it for the sake of what we have made, and not say what to do.
void refuse_types(const pg::Home &home, const AlterTableStmt &alter, const EventTriggerData &event) {
    ListCell *cell;
    foreach (cell, alter.cmds) {
        const auto *command = lfirst_node(AlterTableCmd, cell);
        if (command->subtype != AT_AlterColumnType) continue;
        const Oid relation = pg::pg_call([&] { return RangeVarGetRelid(alter.relation, NoLock, true); });
        govern::GovernedRef table =
            OidIsValid(relation) ? govern::find_governed(home, relation) : govern::GovernedRef();
        if (!table) return;
        if (!is_used_by_us(home, table->root, command->name)) continue;
        DdlRefusal refusal;
        refusal.command = tag_of(event);
        refusal.table = table->table_name.string();
        refusal.schema = table->schema.string();
        refusal.relation = table->relname.string();
        refusal.message = core::format("{} would change the type of column {} of governed table {}",
                                       refusal.command, pg::quote_ident(command->name), refusal.table);
        refusal.reasons = {command->name};
        refusal.hint = "Its guards, or its history, are made with that type. " + release_hint(refusal.table);
        throw to_error(refusal);
    }
}

// Against the adoption of a table by the schema's old name; up to 17 PostgreSQL locks it by itself.
void hold_schema(const RenameStmt &rename) {
    if (rename.renameType != OBJECT_SCHEMA) return;
    pg::pg_call([&] {
        const Oid schema = get_namespace_oid(rename.subname, true);
        if (OidIsValid(schema) && pg::compat::owns_schema(schema, GetUserId()))
            LockDatabaseObject(NamespaceRelationId, schema, 0, AccessExclusiveLock);
    });
}

// Whoever writes to the table is refused as long as the copy is found by its name.
void refuse_renamed_copy(const RenameStmt &rename, const EventTriggerData &event) {
    if (rename.relation == nullptr) return;
    const Oid table =
        pg::pg_call([&] { return copied_table(RangeVarGetRelid(rename.relation, NoLock, true)); });
    if (!OidIsValid(table)) return;
    DdlRefusal refusal;
    refusal.command = tag_of(event);
    refusal.table = pg::qualified_name(table);
    refusal.message =
        core::format("{} would rename the copy that is being made of {}", refusal.command, refusal.table);
    refusal.hint = "It goes when the copy is done.";
    throw to_error(refusal);
}

}  // namespace

void refuse_at_start(const pg::Home &home, Oid function, const EventTriggerData &event) {
    if (IsA(event.parsetree, RenameStmt)) {
        const auto &rename = *reinterpret_cast<const RenameStmt *>(event.parsetree);
        hold_schema(rename);
        refuse_renamed_copy(rename, event);
    }
    refuse_reaching_us(home, our_names(home, function), event);
    refuse_concurrent(home, event);
    if (IsA(event.parsetree, AlterTableStmt))
        refuse_types(home, *reinterpret_cast<const AlterTableStmt *>(event.parsetree), event);
}

// Without hooks nobody knows what within a script is the script's own.
static bool runs_script() {
    return is_preloaded() ? says_extension_script() : creating_extension;
}

bool updates_ourselves(Oid function, const Node *statement) {
    return pg::pg_call([&] {
        Oid ours = getExtensionOfObject(ProcedureRelationId, function);
        if (!OidIsValid(ours)) return false;
        if (runs_script() && CurrentExtensionObject == ours) return true;
        if (!IsA(statement, AlterExtensionStmt)) return false;
        const char *name = reinterpret_cast<const AlterExtensionStmt *>(statement)->extname;
        return get_extension_oid(name, true) == ours;
    });
}

bool can_reach(const Node *statement) {
    if (IsA(statement, ViewStmt)) return reinterpret_cast<const ViewStmt *>(statement)->replace;
    if (!IsA(statement, CreateStmt)) return !alters_subscription(statement);
    return reinterpret_cast<const CreateStmt *>(statement)->inhRelations != NIL;
}

}  // namespace retry_ledger::guard

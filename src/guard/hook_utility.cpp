// ProcessUtility: commands that are judged by their text.
//
// ALTER TABLE on a locked table goes by an allowlist, so that what a later PostgreSQL adds is refused until
// somebody has looked at it.  The list has what changes no fact and hides none.  What depends on how the
// table then stands (a dropped constraint, a policy, a partition) is allowed here and judged by the event
// triggers.
//
// A name may mean something else by the time that the command looks it up: another session, or an event
// trigger, has dropped what was before ours in the search path.  So the list is asked twice, by the name
// before anything runs, and by the object where it is altered (hook_objects.cpp).
#include "guard/ddl.hpp"
#include "guard/ddl_refusal.hpp"
#include "guard/ddl_start.hpp"
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"
#include "guard/hooks.hpp"
#include "guard/label.hpp"
#include "guard/subscriptions.hpp"

namespace retry_ledger::guard {

namespace {

ProcessUtility_hook_type next_hook = nullptr;
bool ours_runs = false;    // the innermost command is our own
bool within_ours = false;  // that one, or one around it
bool copying = false;      // it runs within a CLUSTER
Alteration altering;       // what the innermost command alters

// Of our own tables: how they are stored, and nothing else.
bool is_storage(AlterTableType action) {
    switch (action) {
        case AT_SetStatistics:
        case AT_SetOptions:
        case AT_ResetOptions:
        case AT_SetStorage:
        case AT_SetCompression:
        case AT_ClusterOn:
        case AT_DropCluster:
        case AT_SetTableSpace:
        case AT_SetRelOptions:
        case AT_ResetRelOptions:
        case AT_ReplicaIdentity:
            return true;
        default:
            return false;
    }
}

// The owner may change: ownership is no fact, and guards hold against each owner alike.
bool may_alter(AlterTableType action) {
    switch (action) {
        case AT_AddColumn:
        case AT_ColumnDefault:
        case AT_SetNotNull:
        case AT_DropNotNull:
        case AT_AddIndex:
        case AT_AddIndexConstraint:
        case AT_AddConstraint:
        case AT_AlterConstraint:
        case AT_ValidateConstraint:
        case AT_DropConstraint:
        case AT_ChangeOwner:
        case AT_SetLogged:
        case AT_EnableTrig:
        case AT_EnableAlwaysTrig:
        case AT_EnableReplicaTrig:
        case AT_DisableTrig:
        case AT_EnableRule:
        case AT_EnableAlwaysRule:
        case AT_EnableReplicaRule:
        case AT_DisableRule:
        case AT_EnableRowSecurity:
        case AT_DisableRowSecurity:
        case AT_ForceRowSecurity:
        case AT_NoForceRowSecurity:
        case AT_AttachPartition:
        case AT_AddIdentity:
        case AT_SetIdentity:
        case AT_DropIdentity:
            return true;
        default:
            return is_storage(action);
    }
}

// A type's name without its schema, however PostgreSQL lets it be written: also as a string.
const char *type_name(const Node *written) {
    if (IsA(written, String)) return strVal(written);
    const List *names = IsA(written, TypeName) ? reinterpret_cast<const TypeName *>(written)->names : NIL;
    return names == NIL ? "" : strVal(llast(names));
}

// An aggregate whose functions hand one another what has no type: they must have been made for each other.
bool is_untyped_aggregate(const DefineStmt &define) {
    ListCell *cell;
    foreach (cell, define.definition) {
        const DefElem &part = *lfirst_node(DefElem, cell);
        if (part.arg == nullptr || strstr(part.defname, "stype") == nullptr) continue;
        const std::string_view name = type_name(part.arg);
        if (name.empty() || name == "internal") return true;
    }
    return false;
}

// A range's constructors, and the function that stands for an aggregate.
bool makes_functions(const Node *statement) {
    if (IsA(statement, CreateRangeStmt)) return true;
    if (!IsA(statement, DefineStmt)) return false;
    const auto &define = *reinterpret_cast<const DefineStmt *>(statement);
    return define.kind == OBJECT_AGGREGATE && !is_untyped_aggregate(define);
}

Alteration alteration_of(const Node *statement) {
    Alteration found;
    found.makes_functions = makes_functions(statement);
    if (IsA(statement, AlterOpFamilyStmt))
        found.drops_members = reinterpret_cast<const AlterOpFamilyStmt *>(statement)->isDrop;
    if (IsA(statement, AlterObjectSchemaStmt))
        found.moves_extension =
            reinterpret_cast<const AlterObjectSchemaStmt *>(statement)->objectType == OBJECT_EXTENSION;
    if (!IsA(statement, AlterTableStmt)) return found;
    ListCell *cell;
    foreach (cell, reinterpret_cast<const AlterTableStmt *>(statement)->cmds) {
        const AlterTableType action = lfirst_node(AlterTableCmd, cell)->subtype;
        found.beyond_storage |= !is_storage(action);
        found.beyond_list |= !may_alter(action);
        found.detaches |= action == AT_DetachPartition;
    }
    return found;
}

void check_alter_table(const LockedDatabase &database, const AlterTableStmt &alter) {
    const Oid relation = pg::pg_call([&] { return RangeVarGetRelid(alter.relation, NoLock, true); });
    if (OidIsValid(relation))
        check_alteration(database, relation, alteration_of(reinterpret_cast<const Node *>(&alter)));
}

// Before the command runs: PostgreSQL doesn't survive a trigger on its own catalog of triggers.
void check_attachment(const LockedDatabase &database, const Node *statement) {
    const RangeVar *name =
        IsA(statement, CreateTrigStmt) ? reinterpret_cast<const CreateTrigStmt *>(statement)->relation
        : IsA(statement, RuleStmt)     ? reinterpret_cast<const RuleStmt *>(statement)->relation
                                       : nullptr;
    if (name == nullptr) return;
    const Oid relation = pg::pg_call([&] { return RangeVarGetRelid(name, NoLock, true); });
    if (!OidIsValid(relation) || (!database.own.contains(relation) && !IsCatalogRelationOid(relation)))
        return;
    refuse_locked(core::format("{} gets no {}: locked tables rely on it", pg::qualified_name(relation),
                               IsA(statement, RuleStmt) ? "rule" : "trigger"),
                  InvalidOid);
}

// What computes or compares: an extension's scripts bring it and take it away.  What they have brought is
// believed, as long as nobody else makes his own the extension's (hook_members.cpp).
bool is_code(ObjectType type, bool comes) {
    switch (type) {
        case OBJECT_FOREIGN_TABLE:
        case OBJECT_MATVIEW:
        case OBJECT_TABLE:
        case OBJECT_VIEW:  // the type of its rows
            return comes;
        case OBJECT_ACCESS_METHOD:
        case OBJECT_AGGREGATE:
        case OBJECT_CAST:
        case OBJECT_DOMAIN:
        case OBJECT_FUNCTION:
        case OBJECT_LANGUAGE:
        case OBJECT_OPCLASS:
        case OBJECT_OPERATOR:
        case OBJECT_OPFAMILY:
        case OBJECT_PROCEDURE:
        case OBJECT_ROUTINE:
        case OBJECT_TYPE:
            return true;
        default:
            return false;
    }
}

void check_extension_contents(const AlterExtensionContentsStmt &statement) {
    if (!is_code(statement.objtype, statement.action > 0) || says_extension_script()) return;
    refuse_locked(
        core::format("only its own scripts change what types, functions, operators and tables extension {} "
                     "has: locked tables rely on these",
                     statement.extname),
        InvalidOid);
}

// Where nothing is locked, but catalogs are kept for another database of the server.
void check_elsewhere(const Node *statement) {
    if (!IsA(statement, AlterTableStmt) && !IsA(statement, CreateTrigStmt) && !IsA(statement, RuleStmt) &&
        !IsA(statement, AlterExtensionContentsStmt))
        return;
    if (!any_database_is_labelled()) return;
    if (IsA(statement, AlterExtensionContentsStmt))
        check_extension_contents(*reinterpret_cast<const AlterExtensionContentsStmt *>(statement));
    if (IsA(statement, AlterTableStmt))
        check_alter_table({}, *reinterpret_cast<const AlterTableStmt *>(statement));
    check_attachment({}, statement);
}

bool event_triggers_fire(const LockedDatabase &database) {
    return IsUnderPostmaster && pg::compat::event_triggers_enabled() && database.event_triggers;
}

const char *how_they_fire(const LockedDatabase &database) {
    if (!IsUnderPostmaster)
        return "A table of this database is locked: start the server, not in single-user mode, and run it "
               "there.";
    return database.event_triggers
               ? "A table of this database is locked: SET event_triggers = on first."
               : "A table of this database is locked: guard_status() lists the event triggers to set to "
                 "ENABLE ALWAYS first.";
}

// Commands that event triggers see, and that can do no harm unseen.
bool is_harmless(const Node *statement) {
    switch (nodeTag(statement)) {
        case T_IndexStmt:
        case T_ReindexStmt:
        case T_CommentStmt:
        case T_GrantStmt:
        case T_RefreshMatViewStmt:
        case T_CreateTableAsStmt:
            return true;
        default:
            return !can_reach(statement);
    }
}

void check_unseen(const LockedDatabase &database, const Node *statement, CommandTag tag) {
    if (event_triggers_fire(database) || is_harmless(statement)) return;
    refuse_locked(core::format("{} needs event triggers, and they don't fire", GetCommandTagName(tag)),
                  InvalidOid, how_they_fire(database));
}

// Those that have started since `outer`, and whose end our event trigger wasn't told, though the command is
// done: somebody has set event_triggers = off in between, in an event trigger of his own or in a function
// that the command calls.
void check_told(const DdlCommand *outer, const Node *statement) {
    if (hooks_stand_aside()) return;
    const LockedDatabase *database = locked_database();
    if (database == nullptr) return;
    for (const DdlCommand *command = innermost_command(); command != nullptr && command != outer;
         command = command->outer)
        if (command->reaches && !command->ours)
            refuse_locked(
                core::format("event triggers ceased to fire during {}",
                             pg::pg_call([&] { return CreateCommandName(const_cast<Node *>(statement)); })),
                InvalidOid, "A table of this database is locked: leave event_triggers = on while DDL runs.");
}

// As PostgreSQL takes the list apart when it starts: one that it can't read loads nothing.
bool names_us(const char *libraries) {
    return pg::pg_call([&] {
        List *names;
        if (!SplitDirectoriesString(pstrdup(libraries), ',', &names)) return false;
        ListCell *cell;
        foreach (cell, names) {
            const char *name = static_cast<const char *>(lfirst(cell));
            if (strcmp(name, "retry_ledger") == 0 || strcmp(name, "$libdir/retry_ledger") == 0) return true;
        }
        return false;
    });
}

// At the next start the library would be gone, and the hooks with it.
void check_alter_system(const AlterSystemStmt &statement) {
    const VariableSetStmt &set = *statement.setstmt;
    if (set.kind != VAR_RESET_ALL && pg_strcasecmp(set.name, "shared_preload_libraries") != 0) return;
    if (!any_database_is_labelled()) return;
    if (set.kind == VAR_SET_VALUE) {
        const char *value =
            pg::pg_call([&] { return ExtractSetVariableArgs(const_cast<VariableSetStmt *>(&set)); });
        if (value != nullptr && names_us(value)) return;
    }
    refuse_locked(
        "ALTER SYSTEM may not take retry_ledger out of shared_preload_libraries", InvalidOid,
        "Databases of this server have locked tables. Name retry_ledger among the libraries; reset other "
        "settings one by one.");
}

// Their functions don't run either; so it is said before somebody counts on them.
void check_create_extension(const CreateExtensionStmt &statement) {
    if (!writes_beneath(statement.extname) || !server_has_locks()) return;
    refuse_locked(core::format("extension {} changes rows or files beneath their guards", statement.extname),
                  InvalidOid);
}

// Within CLUSTER.  The copy is a table without guards, whose pages PostgreSQL writes without looking what is
// in them, and what becomes a partition of something is written to unseen.
void check_within_copying(const Node *statement) {
    if (!copying || locked_database() == nullptr) return;
    if (pg::pg_call([&] { return GetCommandLogLevel(const_cast<Node *>(statement)); }) <= LOGSTMT_MOD)
        refuse_within_copying();
}

void check(const Node *statement) {
    check_within_copying(statement);
    note_readers(statement);
    if (IsA(statement, AlterSystemStmt))
        check_alter_system(*reinterpret_cast<const AlterSystemStmt *>(statement));
    const CommandTag tag = pg::pg_call([&] { return CreateCommandTag(const_cast<Node *>(statement)); });
    if (!command_tag_event_trigger_ok(tag)) return;
    pg::pg_call([] { AcceptInvalidationMessages(); });
    if (IsA(statement, CreateExtensionStmt))
        check_create_extension(*reinterpret_cast<const CreateExtensionStmt *>(statement));
    const LockedDatabase *database = locked_database();
    if (database == nullptr) return check_elsewhere(statement);
    check_unseen(*database, statement, tag);
    if (IsA(statement, AlterExtensionContentsStmt))
        check_extension_contents(*reinterpret_cast<const AlterExtensionContentsStmt *>(statement));
    if (IsA(statement, AlterTableStmt))
        check_alter_table(*database, *reinterpret_cast<const AlterTableStmt *>(statement));
    check_attachment(*database, statement);
}

// Our own DDL, or the update of the extension.  What runs within it (an application's event trigger) is
// somebody else's.
bool is_our_command(const Node *statement) {
    if (IsA(statement, AlterExtensionStmt))
        return strcmp(reinterpret_cast<const AlterExtensionStmt *>(statement)->extname, "retry_ledger") == 0;
    return !within_ours && our_ddl_is_due(statement);
}

struct Running {
    Running(bool ours, Alteration alteration, bool copies)
        : runs(std::exchange(ours_runs, ours)),
          within(within_ours),
          copied(copying),
          altered(std::exchange(altering, alteration)) {
        within_ours = within || ours;
        copying = copied || copies;
    }
    ~Running() {
        ours_runs = runs;
        within_ours = within;
        copying = copied;
        altering = altered;
    }
    bool runs, within, copied;
    Alteration altered;
};

void utility_hook(PlannedStmt *planned, const char *query, bool read_only_tree, ProcessUtilityContext context,
                  ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *destination,
                  QueryCompletion *completion) {
    const ProcessUtility_hook_type next = next_hook ? next_hook : standard_ProcessUtility;
    const Alteration alteration = alteration_of(planned->utilityStmt);
    const DdlCommand *const outer = innermost_command();
    const bool ours = pg::entry([&] {
        const bool our_command = is_our_command(planned->utilityStmt);
        if (!our_command && !hooks_stand_aside()) check(planned->utilityStmt);
        return our_command;
    });
    const bool copies = IsA(planned->utilityStmt, ClusterStmt);
    if (ours == ours_runs && alteration == altering && !copies &&
        !ScriptCommand::is_due(planned->utilityStmt)) {
        next(planned, query, read_only_tree, context, parameters, environment, destination, completion);
    } else {
        pg::entry([&] {
            Running runs(ours, alteration, copies);
            ScriptCommand command(planned->utilityStmt, context);
            pg::pg_call([&] {
                next(planned, query, read_only_tree, context, parameters, environment, destination,
                     completion);
            });
            return true;
        });
    }
    if (alters_subscription(planned->utilityStmt))
        pg::entry([&] {
            if (!hooks_stand_aside()) check_subscriptions(server_has_locks());
            return true;
        });
    if (innermost_command() == outer) return;
    pg::entry([&] {
        check_told(outer, planned->utilityStmt);
        return true;
    });
}

}  // namespace

bool runs_our_command() {
    return ours_runs;
}

bool runs_within_copying() {
    return copying;
}

Alteration runs_alteration() {
    return altering;
}

void check_alteration(const LockedDatabase &database, Oid relation, Alteration alteration) {
    const Oid root = locked_root(database, relation);
    const bool own = database.own.contains(relation) || IsCatalogRelationOid(relation);
    if (own ? !alteration.beyond_storage : !OidIsValid(root) || !alteration.beyond_list) return;
    const std::string name = pg::qualified_name(relation);
    refuse_locked(
        own ? core::format("this ALTER TABLE can't be done to {}, which locked tables rely on", name)
            : core::format("this ALTER TABLE can't be done to locked table {}", name),
        root, alteration.detaches && OidIsValid(root) ? partition_hint(pg::qualified_name(root)) : "");
}

void install_utility_hook() {
    next_hook = std::exchange(ProcessUtility_hook, utility_hook);
}

}  // namespace retry_ledger::guard

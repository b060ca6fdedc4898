// Event triggers: the start and the end of each DDL command that can reach a governed table, and rewrites.
#include "guard/ddl.hpp"

#include "govern/governed.hpp"
#include "guard/ddl_columns.hpp"
#include "guard/ddl_concern.hpp"
#include "guard/ddl_gained.hpp"
#include "guard/ddl_start.hpp"
#include "guard/default_partition.hpp"
#include "guard/hooks.hpp"
#include "guard/lock.hpp"
#include "guard/not_null.hpp"
#include "guard/subscriptions.hpp"
#include "guard/type_parts.hpp"

extern "C" {
#include "commands/tablecmds.h"
}

namespace retry_ledger::guard {

namespace {

Oid accepting = InvalidOid;

// The command of ours that is about to run or runs.  The next one to start need not be that: CREATE INDEX has
// no event trigger of ours, and its planning computes functions of the application; an event trigger of
// somebody else's may fire before ours.
const Node *due = nullptr;

struct Due {
    explicit Due(const Node *statement) : before(std::exchange(due, statement)) {}
    ~Due() { due = before; }
    const Node *before;
};

// What a command has done, as guarded_changes tells it.
struct Change {
    std::string kind;
    Oid root, relation;
    std::string table, title, schema, relname;
};

std::vector<Change> changes_since(const pg::Home &home, CommandId started) {
    const std::string schema = pg::schema_name(home);
    pg::Rows before =
        pg::run_as_of(started, core::format("SELECT array_agg(s) FROM {}.guarded_state s", schema));
    pg::Param state = {SPI_gettypeid(before.descriptor(), 1), Datum(0)};
    state.value = before.value(0, 1, &state.null);
    pg::Rows rows = pg::run_latest(core::format("SELECT * FROM {}.guarded_changes($1, $2)", schema),
                                   {state, pg::oid_param(accepting)});
    std::vector<Change> changes;
    for (uint64 i = 0; i < rows.size(); i++)
        changes.push_back({rows.string(i, 1), static_cast<Oid>(rows.integer(i, 2)),
                           static_cast<Oid>(rows.integer(i, 3)), rows.string(i, 4), rows.string(i, 5),
                           rows.string(i, 6), rows.string(i, 7)});
    return changes;
}

bool is_loss(const Change &change) {
    return change.kind.rfind("lost", 0) == 0;
}

const char *verb_of(const Change &change) {
    if (change.kind == "unaccepted") return "would change";
    return is_loss(change) || change.kind == "own" ? "would lose" : "would add";
}

std::string hint_for(const Change &change) {
    if (change.kind == "unaccepted") return accept_hint(change.table);
    if (change.kind == "inheritance")
        return "The guards don't hold for rows of children and parents; use partitions, or a table of its "
               "own.";
    if (change.kind == "unfired")
        return "Triggers don't fire for what retry_ledger writes to its own tables. To shrink one: VACUUM "
               "FULL or CLUSTER; pg_repack leaves them out with --exclude-extension=retry_ledger.";
    if (change.kind == "own")
        return "What is on the ledger stays; release_governance and approve_release end governance.";
    if (change.kind == "lost_key") return another_key_hint;
    if (change.kind == "lost_partition") return partition_hint(change.table);
    if (change.title.rfind("the name of ", 0) == 0)
        return release_hint(change.table) +
               " What was recorded stays under this name; under another one the table has no policy, and its "
               "history begins with the retries that its rows tell of.";
    return release_hint(change.table);
}

[[noreturn]] void refuse(const std::string &command, const std::vector<Change> &changes,
                         const Change &first) {
    DdlRefusal refusal;
    refusal.command = command;
    refusal.message = core::format("{} {} {}", command, verb_of(first), first.title);
    refusal.table = first.table;
    refusal.schema = first.schema;
    refusal.relation = first.relname;
    for (const Change &change : changes)
        if (change.kind == first.kind || (is_loss(change) && is_loss(first)))
            refusal.reasons.push_back(change.title);
    refusal.hint = hint_for(first);
    throw to_error(refusal);
}

[[noreturn]] void refuse_partition(const std::string &command, const Change &change, const char *why,
                                   const char *hint) {
    DdlRefusal refusal;
    refusal.command = command;
    refusal.message = core::format("{} would add {}, which {}", command, change.title, why);
    refusal.table = change.table;
    refusal.schema = change.schema;
    refusal.relation = change.relname;
    refusal.reasons = {change.title};
    refusal.hint = hint;
    throw to_error(refusal);
}

struct StatementGuard {
    const char *event, *function;
};

StatementGuard statement_guard(const std::string &trigger) {
    if (trigger == "retry_ledger_settle") return {"AFTER INSERT OR UPDATE", "guard_settle"};
    if (trigger == "retry_ledger_locked") return {"BEFORE INSERT OR UPDATE", "guard_locked"};
    return {"BEFORE TRUNCATE", "guard_remove"};
}

// CREATE TABLE … PARTITION OF and ATTACH copy the row triggers of the root, but not those FOR EACH STATEMENT.
// A trigger of such a name that the partition has brought along is replaced.
void complete_guards(const pg::Home &home, const Change &partition, const pg::Rows &missing) {
    const std::string name = pg::qualified_name(partition.relation);
    for (uint64 i = 0; i < missing.size(); i++) {
        const std::string trigger = pg::quote_ident(missing.string(i, 1));
        if (!missing.boolean(i, 2))
            run_our_ddl(
                core::format("CREATE OR REPLACE TRIGGER {} {} ON {} FOR EACH STATEMENT"
                             " EXECUTE FUNCTION {}.{}()",
                             trigger, statement_guard(missing.string(i, 1)).event, name,
                             pg::schema_name(home), statement_guard(missing.string(i, 1)).function));
        run_our_ddl(core::format("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}", name, trigger));
    }
}

// A statement that is under way has taken the relation's triggers as they were when it began: an INSERT or
// COPY whose function attaches its own target would write on without guards, wherever they stand by then. The
// partitions below come as changes of their own.
void check_not_in_use(const std::string &command, Oid partition) {
    pg::pg_call([&] {
        Relation relation = table_open(partition, AccessShareLock);
        CheckTableNotInUse(relation, command.c_str());
        table_close(relation, NoLock);
    });
}

// Not whether it has rows: before a partition has its triggers, functions of indexes run that can write to
// it, let something rest on what stands there, and delete it.  A file doesn't shrink by that.
bool was_written(Oid partition) {
    return pg::pg_call([&] {
        bool written = false;
        ListCell *cell;
        foreach (cell, find_all_inheritors(partition, AccessShareLock, nullptr)) {
            if (!RELKIND_HAS_TABLE_AM(get_rel_relkind(lfirst_oid(cell)))) continue;
            Relation relation = table_open(lfirst_oid(cell), NoLock);
            written |= RelationGetNumberOfBlocks(relation) != 0;
            table_close(relation, NoLock);
        }
        return written;
    });
}

void require_empty(const std::string &command, const Change &partition) {
    if (was_written(partition.relation))
        refuse_partition(command, partition, "has rows, or had them",
                         "Attach it empty, then insert the rows; TRUNCATE empties a table whose rows were "
                         "deleted.");
}

// A new partition's rows would be births that nobody has checked.  A root without guards is being restored.
void check_partition(const pg::Home &home, const std::string &command, const Change &partition,
                     bool truncates) {
    const std::string schema = pg::schema_name(home);
    const std::vector<pg::Param> oids = {pg::oid_param(partition.root), pg::oid_param(partition.relation)};
    pg::Rows root = pg::run_latest(core::format("SELECT FROM {}.missing_guards($1, 0::oid)", schema), oids);
    if (root.empty()) return;
    if (pg::pg_call([&] { return get_rel_relkind(partition.relation); }) == RELKIND_FOREIGN_TABLE)
        refuse_partition(command, partition, "is a foreign table",
                         "Rows on another server can't be guarded; use a local partition.");
    if (pg::pg_call([&] { return get_rel_persistence(partition.relation); }) != RELPERSISTENCE_PERMANENT)
        refuse_partition(command, partition, "isn't permanent",
                         "Rows of an unlogged or temporary table don't survive a crash or the session; use a "
                         "permanent partition.");
    check_not_in_use(command, partition.relation);
    if (truncates)
        refuse_partition(command, partition, "may have had rows: something was truncated meanwhile",
                         "Let functions and triggers that the command calls leave TRUNCATE alone.");
    require_empty(command, partition);
    if (default_partition_has_rows_of(partition.relation))
        refuse_partition(command, partition, "takes rows that the default partition has",
                         "Queries would find these rows no more. Choose bounds beside them.");
    check_partition_belief(partition.relation);
    complete_guards(home, partition,
                    pg::run_latest(core::format("SELECT * FROM {}.missing_guards($1, $2)", schema), oids));
    require_empty(command, partition);  // event triggers of others fire as each guard is made
}

// Before anything walks the types.
void check_depth(const pg::Home &home, CommandTag tag) {
    if (tag != CMDTAG_ALTER_TABLE && tag != CMDTAG_ALTER_TYPE) return;
    pg::Rows tables = pg::run_latest(core::format(
        "SELECT run_table::oid, table_name::text FROM {}.governed_table", pg::schema_name(home)));
    for (uint64 i = 0; i < tables.size(); i++) {
        const Oid table = static_cast<Oid>(tables.integer(i, 1));
        const std::string column = deep_column(table);
        if (column.empty()) continue;
        DdlRefusal refusal;
        refusal.command = GetCommandTagName(tag);
        refusal.table = tables.string(i, 2);
        refusal.message =
            core::format("{} would give {} column {}, whose type is made of types {} levels deep",
                         refusal.command, refusal.table, pg::quote_ident(column), deepest_type);
        refusal.hint = "Use a type that is made of fewer others.";
        throw to_error(refusal);
    }
}

// Of what columns, or attributes, have come with.
void hold_new_types(CommandTag tag, const DdlCommand &command, const std::vector<AddedColumn> &added) {
    for (const AddedColumn &column : added) hold_types(column.relation);
    if (tag != CMDTAG_ALTER_TYPE) return;
    bool all;
    List *touched = pg::pg_call([&] { return touched_relations(command, &all); });
    for (int i = 0; i < list_length(touched); i++)
        if (pg::pg_call([&] { return get_rel_relkind(list_nth_oid(touched, i)); }) == RELKIND_COMPOSITE_TYPE)
            hold_types(list_nth_oid(touched, i));
}

// Refuses, or tells which columns governed tables have got.
std::vector<AddedColumn> check_changes(const pg::Home &home, CommandTag command_tag,
                                       const DdlCommand &command) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    check_depth(home, command_tag);
    const std::string tag = GetCommandTagName(command_tag);
    const std::vector<Change> changes = changes_since(home, command.started);
    for (const Change &change : changes)
        if (change.kind != "partition") refuse(tag, changes, change);
    for (const Change &change : changes) check_partition(home, tag, change, command.truncates);
    std::vector<AddedColumn> added = added_columns(home, command);
    hold_new_types(command_tag, command, added);
    check_not_null(home, command_tag, command.started);
    refuse_gained(home, command_tag, command.started);
    tell_uncarried(home, command_tag, command.started);
    return added;
}

// What is new, or goes, lets nothing that is there rest on it.
bool may_let_rest(const DdlCommand &command) {
    return command.reaches && !IsA(command.statement, DropStmt);
}

void check_end(const pg::Home &home, CommandTag tag, const DdlCommand &command) {
    if (may_let_rest(command)) refuse_passing(home, tag, command.started);
    if (concerns_governance(home, tag, command)) record_added(home, check_changes(home, tag, command));
}

// Anybody who may create event triggers can let one of his own call our functions.  At another event than
// theirs they would compare a command's end with itself, or find no statement, as at a login.
const EventTriggerData &event_of(FunctionCallInfo fcinfo, const char *event) {
    if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
        throw pg::Error{ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED,
                        "function must be called as an event trigger"};
    const auto &data = *reinterpret_cast<const EventTriggerData *>(fcinfo->context);
    if (strcmp(data.event, event) != 0 || data.parsetree == nullptr)
        throw pg::Error{ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED,
                        core::format("function must be called at event {}", event)};
    return data;
}

// What runs within a command of ours comes from somebody else: an application's function or event trigger.
bool is_ours(Oid function, const EventTriggerData &event) {
    if (updates_ourselves(function, event.parsetree)) return true;
    return is_preloaded() ? runs_our_command()
                          : our_ddl_is_due(event.parsetree) && !anywhere_within_our_command();
}

// Of a table of ours, as long as anything is governed.
void check_own_rewrite(const pg::Home &home, const std::string &tag, Oid relation) {
    const bool own = pg::pg_call([&] {
        return getExtensionOfObject(RelationRelationId, relation) == get_extension_oid("retry_ledger", true);
    });
    if (!own || governed_names(home).empty()) return;
    DdlRefusal refusal;
    refusal.command = tag;
    refusal.message =
        core::format("{} would rewrite retry_ledger's own table {}", tag, pg::qualified_name(relation));
    refusal.reasons = {pg::qualified_name(relation)};
    refusal.hint = "VACUUM FULL, CLUSTER and another tablespace keep what is in it.";
    throw to_error(refusal);
}

void check_rewrite(const pg::Home &home, const std::string &tag, Oid relation) {
    govern::GovernedRef table = govern::find_governed(home, relation);
    if (!table) return check_own_rewrite(home, tag, relation);
    DdlRefusal refusal;
    refusal.command = tag;
    refusal.table = table->table_name.string();
    refusal.schema = table->schema.string();
    refusal.relation = table->relname.string();
    refusal.message = core::format("{} would rewrite governed table {}", tag, refusal.table);
    refusal.reasons = {pg::qualified_name(relation)};
    refusal.hint =
        "A new column may be nullable or have a constant default, and is then added without a rewrite. " +
        release_hint(refusal.table);
    throw to_error(refusal);
}

}  // namespace

void run_our_ddl(const std::string &command) {
    Due ours(pg::pg_call([&] { return linitial_node(RawStmt, pg_parse_query(command.c_str()))->stmt; }));
    pg::run(command);
}

bool our_ddl_is_due(const Node *statement) {
    return due != nullptr && pg::pg_call([&] { return equal(statement, due); });
}

Accepting::Accepting(Oid table) : outer_(std::exchange(accepting, table)) {}

Accepting::~Accepting() {
    accepting = outer_;
}

}  // namespace retry_ledger::guard

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_ddl_start) {
    return pg::entry([&] {
        const EventTriggerData &event = guard::event_of(fcinfo, "ddl_command_start");
        const bool ours = guard::is_ours(fcinfo->flinfo->fn_oid, event);
        if (!ours) guard::refuse_at_start(pg::home_of(fcinfo->flinfo->fn_oid), fcinfo->flinfo->fn_oid, event);
        guard::push_command(event.parsetree, ours, guard::can_reach(event.parsetree));
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(guard_ddl_end) {
    return pg::entry([&] {
        const EventTriggerData &event = guard::event_of(fcinfo, "ddl_command_end");
        std::optional<guard::DdlCommand> command = guard::pop_command(event.parsetree);
        if (command && !command->ours && command->reaches)
            guard::check_end(pg::home_of(fcinfo->flinfo->fn_oid), event.tag, *command);
        if (guard::alters_subscription(event.parsetree)) guard::check_subscriptions(false);
        // A restore makes a table locked by giving it its guard.
        if (event.tag == CMDTAG_CREATE_TRIGGER) guard::lock_changed(pg::home_of(fcinfo->flinfo->fn_oid));
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(guard_rewrite) {
    return pg::entry([&] {
        const EventTriggerData &event = guard::event_of(fcinfo, "table_rewrite");
        if (guard::within_our_command()) return Datum(0);
        Oid relation = pg::pg_call(
            [] { return DatumGetObjectId(OidFunctionCall0(F_PG_EVENT_TRIGGER_TABLE_REWRITE_OID)); });
        guard::check_rewrite(pg::home_of(fcinfo->flinfo->fn_oid), GetCommandTagName(event.tag), relation);
        return Datum(0);
    });
}

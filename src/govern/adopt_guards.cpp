// Attaching the guards (src/guard/guard.sql) to a table, and taking them off.
#include "govern/adopt_steps.hpp"

namespace retry_ledger::govern {

namespace {

constexpr const char *writers_wait = "SHARE ROW EXCLUSIVE";

struct Guard {
    std::string name, event, when, function;
};

std::string guard_function(const pg::Home &home, const char *name, const std::string &arguments = "") {
    return core::format("{}.{}({})", pg::schema_name(home), name, arguments);
}

// The one predicate that decides whether an UPDATE is looked at.
std::string wakes(const Adopting &a) {
    std::string arguments = core::format("OLD.tableoid, OLD.{0}, NEW.{0}",
                                         pg::quote_ident(*a.decided.column(core::Role::status)));
    return " WHEN (" + guard_function(a.request.home, "guard_wakes", arguments) + ")";
}

// An UPDATE that names a column which never changes is looked at, whatever the predicate says.
std::string update_of_frozen(const Adopting &a) {
    Names columns;
    for (const std::string &column : a.decided.frozen) columns.push_back(pg::quote_ident(column));
    return "AFTER UPDATE OF " + join(columns);
}

std::string once_arguments(const Adopting &a) {
    Names literals;
    for (const std::string &column : a.decided.once) literals.push_back(pg::quote_literal(column));
    return join(literals);
}

// Row triggers reach partitions by themselves, these don't: each partition has its own.
std::vector<Guard> statement_guards(const Adopting &a) {
    const pg::Home &home = a.request.home;
    std::vector<Guard> guards = {{"retry_ledger_truncate", "BEFORE TRUNCATE", " FOR EACH STATEMENT",
                                  guard_function(home, "guard_remove")}};
    if (a.decided.kind == "files")
        guards.push_back({"retry_ledger_settle", "AFTER INSERT OR UPDATE", " FOR EACH STATEMENT",
                          guard_function(home, "guard_settle")});
    return guards;
}

std::vector<Guard> guards_of(const Adopting &a) {
    const pg::Home &home = a.request.home;
    std::vector<Guard> guards;
    const std::string row = " FOR EACH ROW";
    if (a.decided.kind == "runs") {
        guards.push_back({"retry_ledger_birth", "BEFORE INSERT", row, guard_function(home, "guard_birth")});
        guards.push_back({"retry_ledger_born", "AFTER INSERT", row, guard_function(home, "guard_born")});
        guards.push_back(
            {"retry_ledger_change", "AFTER UPDATE", row + wakes(a), guard_function(home, "guard_change")});
        guards.push_back(
            {"retry_ledger_lineage", update_of_frozen(a), row, guard_function(home, "guard_lineage")});
    } else if (a.decided.kind == "files") {
        guards.push_back({"retry_ledger_birth", "BEFORE INSERT", row, guard_function(home, "guard_birth")});
        guards.push_back({"retry_ledger_born", "AFTER INSERT", row, guard_function(home, "guard_born")});
        guards.push_back({"retry_ledger_change", "AFTER UPDATE", row, guard_function(home, "guard_change")});
    } else if (a.decided.kind == "append_only") {
        guards.push_back(
            {"retry_ledger_change", "AFTER UPDATE", row, guard_function(home, "guard_append_only")});
    } else {
        guards.push_back({"retry_ledger_change", "AFTER UPDATE", row,
                          guard_function(home, "guard_write_once", once_arguments(a))});
    }
    guards.push_back({"retry_ledger_delete", "BEFORE DELETE", row, guard_function(home, "guard_remove")});
    for (Guard &guard : statement_guards(a)) guards.push_back(std::move(guard));
    return guards;
}

void create(const Guard &guard, const std::string &table, Work &work) {
    work.run(core::format("CREATE OR REPLACE TRIGGER {} {} ON {}{} EXECUTE FUNCTION {}", guard.name,
                          guard.event, table, guard.when, guard.function),
             writers_wait);
}

void enable_always(const Names &names, const std::string &table, Work &work) {
    Names actions;
    for (const std::string &name : names) actions.push_back("ENABLE ALWAYS TRIGGER " + name);
    work.run(core::format("ALTER TABLE {} {}", table, join(actions)), writers_wait);
}

std::string oid_array(const TableShape &table) {
    Names oids;
    for (const Member &member : table.members) oids.push_back(core::format("{}", member.relation));
    return "'{" + join(oids, ",") + "}'::oid[]";
}

// Which of our guards still fire in origin mode only; ENABLE ALWAYS doesn't reach every clone.
void enable_rest(const Adopting &a, Work &work) {
    pg::Rows rows = pg::run_latest(core::format(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), array_agg(quote_ident(t.tgname) "
        "ORDER BY t.tgname)"
        " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = "
        "c.relnamespace"
        " JOIN pg_proc f ON f.oid = t.tgfoid"
        " WHERE t.tgrelid = ANY ({}) AND f.pronamespace = {} AND t.tgenabled <> 'A' GROUP BY 1 ORDER BY 1",
        oid_array(a.table), a.request.home.schema));
    for (uint64 i = 0; i < rows.size(); i++) enable_always(rows.array(i, 2), rows.string(i, 1), work);
}

// On each member, since triggers for each statement reach no partition.
void attach(const Guard &guard, const TableShape &table, Work &work) {
    for (const Member &member : table.members) {
        create(guard, member.qualified, work);
        enable_always({guard.name}, member.qualified, work);
    }
}

}  // namespace

void attach_lock(const TableShape &table, const pg::Home &home, Work &work) {
    attach({"retry_ledger_locked", "BEFORE INSERT OR UPDATE", " FOR EACH STATEMENT",
            guard_function(home, "guard_locked")},
           table, work);
}

void check_guard_names(const Adopting &a) {
    pg::Rows rows = pg::run_latest(
        core::format("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), t.tgname::text"
                     " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = "
                     "c.relnamespace"
                     " JOIN pg_proc f ON f.oid = t.tgfoid"
                     " WHERE t.tgrelid = ANY ({}) AND f.pronamespace <> {} AND t.tgname LIKE "
                     "'retry\\_ledger\\_%' ORDER BY 1, 2",
                     oid_array(a.table), a.request.home.schema));
    if (rows.empty()) return;
    pg::Error error =
        refusal(a.table, ERRCODE_DUPLICATE_OBJECT,
                core::format("{} has a trigger of its own named {}", rows.string(0, 1), rows.string(0, 2)),
                "Names that begin with retry_ledger_ are those of the guards.",
                core::format("ALTER TRIGGER {} ON {} RENAME TO ....", pg::quote_ident(rows.string(0, 2)),
                             rows.string(0, 1)));
    throw error;
}

void attach_guards(Adopting &a, Work &work) {
    std::vector<Guard> guards = guards_of(a);
    Names names;
    for (const Guard &guard : guards) {
        create(guard, a.table.qualified, work);
        names.push_back(guard.name);
    }
    enable_always(names, a.table.qualified, work);
    for (const Member &member : a.table.members) {
        if (member.relation == a.table.relation) continue;
        for (const Guard &guard : statement_guards(a)) {
            create(guard, member.qualified, work);
            enable_always({guard.name}, member.qualified, work);
        }
    }
    if (a.decided.locked) attach_lock(a.table, a.request.home, work);
    if (!work.dry_run()) enable_rest(a, work);
    a.add("triggers", join(names),
          a.table.members.size() > 1 ? core::format("ENABLE ALWAYS, on the table and its partitions ({})",
                                                    a.table.members.size() - 1)
                                     : "ENABLE ALWAYS");
}

void remove_guards(const TableShape &table, const pg::Home &home, Work &work) {
    pg::Rows rows = pg::run_latest(
        core::format("SELECT t.tgname::text, quote_ident(n.nspname) || '.' || quote_ident(c.relname)"
                     " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = "
                     "c.relnamespace"
                     " JOIN pg_proc f ON f.oid = t.tgfoid WHERE t.tgrelid = ANY ({}) AND f.pronamespace = {}"
                     " AND t.tgparentid = 0 AND t.tgname LIKE 'retry\\_ledger\\_%' ORDER BY 2, 1",
                     oid_array(table), home.schema));
    for (uint64 i = 0; i < rows.size(); i++)
        work.run(core::format("DROP TRIGGER {} ON {}", pg::quote_ident(rows.string(i, 1)), rows.string(i, 2)),
                 "ACCESS EXCLUSIVE");
}

}  // namespace retry_ledger::govern

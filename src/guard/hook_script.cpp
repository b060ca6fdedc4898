#include "guard/hook_script.hpp"

#include "guard/hook_access.hpp"
#include "pg/compat.hpp"

#include <algorithm>
#include <vector>

namespace retry_ledger::guard {

namespace {

enum Kind { other, executes_script, of_script };

// The innermost command.
int kind = other;
bool is_block = false;
ErrorContextCallback *began = nullptr;

// Of the script that runs, or ran last.
struct Script {
    Oid extension = InvalidOid;
    std::vector<std::vector<Oid>> paths;  // the one it began with, and those that it has SET
    bool path_is_due = false;
    std::vector<Oid> own_types, types_of_others;
};
Script script;

template <class T>
bool contains(const std::vector<T> &all, const T &one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

std::vector<Oid> to_vector(List *oids) {
    std::vector<Oid> found;
    for (int i = 0; i < list_length(oids); i++) found.push_back(list_nth_oid(oids, i));
    return found;
}

std::vector<Oid> searched_schemas() {
    return to_vector(pg::pg_call([] { return fetch_search_path(true); }));
}

bool searches_its_own() {
    return script.extension != CurrentExtensionObject || script.path_is_due ||
           contains(script.paths, searched_schemas());
}

bool executes(const Node *statement) {
    return IsA(statement, CreateExtensionStmt) || IsA(statement, AlterExtensionStmt);
}

// A command of the script may be taken apart into others, which are the script's as well.
int kind_of(const Node *statement, ProcessUtilityContext context) {
    if (executes(statement)) return executes_script;
    if (!says_extension_script()) return other;
    return kind == executes_script || context == PROCESS_UTILITY_SUBCOMMAND ? of_script : other;
}

bool is_said_by_script() {
    if (!creating_extension || kind == other) return false;
    return kind == executes_script ? pg::compat::is_at_script_level(began) : error_context_stack == began;
}

// Before the command runs.  Nothing of others' runs between a SET of the script's and its next command.
void note_command(const Node *statement) {
    if (executes(statement) && !creating_extension) script = {};
    if (kind != of_script) return;
    if (script.extension != CurrentExtensionObject || script.path_is_due)
        script.paths.push_back(searched_schemas());
    script.extension = CurrentExtensionObject;
    script.path_is_due = IsA(statement, VariableSetStmt);
}

// What stands for it in pg_depend: an array's element, a multirange's range.  Within a pg_call.
Oid origin_of(Oid type) {
    const Oid element = get_element_type(type), range = get_multirange_range(type);
    return OidIsValid(element) ? element : OidIsValid(range) ? range : type;
}

// The rows of a table are what anybody may put in the place of a type.
bool is_row_type(Oid type) {
    const Oid table = get_typ_typrelid(type);
    return OidIsValid(table) && get_rel_relkind(table) != RELKIND_COMPOSITE_TYPE;
}

// Within a pg_call.
void add_required(Oid extension, std::vector<Oid> &known) {
    Relation depends = table_open(DependRelationId, AccessShareLock);
    ScanKeyData keys[2];
    ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(ExtensionRelationId));
    ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(extension));
    SysScanDesc scan = systable_beginscan(depends, DependDependerIndexId, true, nullptr, 2, keys);
    for (HeapTuple row = systable_getnext(scan); HeapTupleIsValid(row); row = systable_getnext(scan)) {
        const auto &form = *reinterpret_cast<Form_pg_depend>(GETSTRUCT(row));
        if (form.refclassid == ExtensionRelationId && !contains(known, form.refobjid))
            known.push_back(form.refobjid);
    }
    systable_endscan(scan);
    table_close(depends, AccessShareLock);
}

// The extension, and what it requires, directly or not.
std::vector<Oid> with_required(Oid extension) {
    std::vector<Oid> known = {extension};
    for (size_t i = 0; i < known.size(); i++) pg::pg_call([&] { add_required(known[i], known); });
    return known;
}

}  // namespace

bool says_extension_script() {
    return is_said_by_script() && searches_its_own();
}

// A block may set its own path meanwhile, as cube's does.
bool runs_block_of_script() {
    return creating_extension && kind == of_script && is_block;
}

void note_new_type(Oid type) {
    if (!creating_extension) return;
    (says_extension_script() ? script.own_types : script.types_of_others).push_back(type);
}

bool is_known_to_script(Oid type) {
    if (type < FirstNormalObjectId || contains(script.own_types, type)) return true;
    if (contains(script.types_of_others, type) || pg::pg_call([&] { return is_row_type(type); }))
        return false;
    const Oid origin = pg::pg_call([&] { return origin_of(type); });
    if (origin != type) return is_known_to_script(origin);
    const Oid extension = extension_of({TypeRelationId, type, 0});
    return OidIsValid(extension) && contains(with_required(CurrentExtensionObject), extension);
}

bool ScriptCommand::is_due(const Node *statement) {
    return creating_extension || executes(statement);
}

ScriptCommand::ScriptCommand(const Node *statement, ProcessUtilityContext context)
    : outer_kind_(std::exchange(kind, kind_of(statement, context))),
      outer_began_(std::exchange(began, error_context_stack)),
      outer_block_(std::exchange(is_block, IsA(statement, DoStmt))) {
    try {
        note_command(statement);
    } catch (...) {
        leave();
        throw;
    }
}

ScriptCommand::~ScriptCommand() {
    leave();
}

void ScriptCommand::leave() {
    kind = outer_kind_;
    began = outer_began_;
    is_block = outer_block_;
}

}  // namespace retry_ledger::guard

#include "guard/foreign_key.hpp"

namespace retry_ledger::guard {

namespace {

// An action runs its statement in a trigger of the other table.
bool within_trigger() {
    return pg::pg_call([] { return DatumGetInt32(OidFunctionCall0(F_PG_TRIGGER_DEPTH)); }) > 1;
}

const char *action_name(char action) {
    return action == FKCONSTR_ACTION_CASCADE      ? "CASCADE"
           : action == FKCONSTR_ACTION_SETNULL    ? "SET NULL"
           : action == FKCONSTR_ACTION_SETDEFAULT ? "SET DEFAULT"
                                                  : nullptr;
}

// What the key's action on the other table's DELETE or UPDATE does to rows of this one.
struct Action {
    const char *event, *name;
};

Action action_of(const FormData_pg_constraint &key, bool deleted) {
    const bool cascades = key.confdeltype == FKCONSTR_ACTION_CASCADE;
    if (deleted) return {"DELETE", cascades ? action_name(key.confdeltype) : nullptr};
    if (!cascades && action_name(key.confdeltype) != nullptr) return {"DELETE", action_name(key.confdeltype)};
    return {"UPDATE", action_name(key.confupdtype)};
}

// Nothing else than the key's columns.
bool changes_only(const ForeignKeyCacheInfo &key, const TriggerData *trigger) {
    TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
    const Row before(trigger->tg_trigtuple, descriptor), after(trigger->tg_newtuple, descriptor);
    size_t changed = 0;
    for (int i = 0; i < key.nkeys; i++) changed += !same_image(before, after, key.conkey[i]);
    return changed > 0 && changed == changed_columns(before, after).size();
}

std::string hint_of(const ForeignKeyCacheInfo &info, bool deleted) {
    FormData_pg_constraint key;
    const bool found = pg::pg_call([&] {
        HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(info.conoid));
        if (!HeapTupleIsValid(tuple)) return false;
        memcpy(&key, GETSTRUCT(tuple), sizeof(key));
        ReleaseSysCache(tuple);
        return true;
    });
    const Action action = found ? action_of(key, deleted) : Action{};
    if (action.name == nullptr) return "";
    return core::format(
        "{} {} did it, ON {} {}: keep the rows of {} that governed rows refer to, or make the key again "
        "without "
        "that action.",
        deleted ? "Foreign key" : "If foreign key", pg::quote_ident(NameStr(key.conname)), action.event,
        action.name, pg::qualified_name(key.confrelid));
}

}  // namespace

// The trigger for an UPDATE fires when the whole statement is done, outside that of the other table.
void hint_at_foreign_key(pg::Error &error, const TriggerData *trigger) {
    const bool deleted = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);
    if (deleted ? !within_trigger() : !TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)) return;
    ListCell *cell;
    // A copy: whatever is looked up may bring the news that the relation has changed.
    foreach (cell, pg::pg_call([&] {
                 return static_cast<List *>(copyObjectImpl(RelationGetFKeyList(trigger->tg_relation)));
             })) {
        const auto &key = *static_cast<const ForeignKeyCacheInfo *>(lfirst(cell));
        const std::string hint = deleted || changes_only(key, trigger) ? hint_of(key, deleted) : "";
        if (hint.empty()) continue;
        error.hint = deleted || error.hint.empty() ? hint : error.hint + " " + hint;
        return;
    }
}

}  // namespace retry_ledger::guard

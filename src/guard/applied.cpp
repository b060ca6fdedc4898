#include "guard/applied.hpp"

#include "pg/text.hpp"

namespace retry_ledger::guard {

namespace {

// Within a pg_call.
bool is_same_extension(Oid function, Oid other) {
    const Oid extension = getExtensionOfObject(ProcedureRelationId, other);
    return OidIsValid(extension) && getExtensionOfObject(ProcedureRelationId, function) == extension;
}

bool rewrites(const TriggerData &ours, const Trigger &other) {
    const int16 event = TRIGGER_FIRED_BY_INSERT(ours.tg_event) ? TRIGGER_TYPE_INSERT : TRIGGER_TYPE_UPDATE;
    const bool fires = other.tgenabled == TRIGGER_FIRES_ALWAYS || other.tgenabled == TRIGGER_FIRES_ON_REPLICA;
    return fires && TRIGGER_FOR_ROW(other.tgtype) && TRIGGER_FOR_BEFORE(other.tgtype) &&
           (other.tgtype & event) != 0 &&
           !pg::pg_call([&] { return is_same_extension(other.tgfoid, ours.tg_trigger->tgfoid); });
}

}  // namespace

void refuse_rewritten(const TriggerData &trigger) {
    const TriggerDesc *all = trigger.tg_relation->trigdesc;
    if (!pg::is_taken_as_found() || all == nullptr) return;
    for (int i = 0; i < all->numtriggers; i++)
        if (rewrites(trigger, all->triggers[i]))
            throw pg::Error{ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                            core::format("rows of {} can't come by a subscription past trigger {}",
                                         pg::qualified_name(RelationGetRelid(trigger.tg_relation)),
                                         pg::quote_ident(all->triggers[i].tgname)),
                            "It fires in apply workers, before the row is there, and could make another one "
                            "of it, which nobody "
                            "has decided.",
                            "ALTER TABLE ... ENABLE TRIGGER has it fire for the application only."};
}

}  // namespace retry_ledger::guard

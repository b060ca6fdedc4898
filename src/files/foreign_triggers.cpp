// Who has TRIGGER on a table has his functions run by whoever writes to it.  Where that is the owner, because
// somebody without UPDATE has ended the last file, he would be the owner.  So we look at whose functions they
// are.
#include "files/foreign_triggers.hpp"

#include "pg/application.hpp"

namespace retry_ledger::files {

namespace {

// Of one relation: the trigger's name, or nullptr.  Within a pg_call.  Of a copy: whatever is looked up may
// bring the news that the relation has changed.
const char *foreign_trigger_on(Oid relation_id, Oid owner) {
    Relation relation = table_open(relation_id, RowExclusiveLock);
    const TriggerDesc *triggers = CopyTriggerDesc(relation->trigdesc);
    const char *found = nullptr;
    for (int i = 0; found == nullptr && triggers != nullptr && i < triggers->numtriggers; i++) {
        const Trigger &trigger = triggers->triggers[i];
        if (!trigger.tgisinternal && TRIGGER_FOR_UPDATE(trigger.tgtype) &&
            trigger.tgenabled != TRIGGER_DISABLED && pg::is_foreign(trigger.tgfoid, owner))
            found = pstrdup(trigger.tgname);
    }
    table_close(relation, NoLock);
    return found;
}

}  // namespace

void refuse_foreign_triggers(const govern::Governed &runs) {
    Oid owner = pg::owner_of(runs.root);
    const char *found = pg::pg_call([&] {
        const char *name = nullptr;
        ListCell *cell;
        foreach (cell, find_all_inheritors(runs.root, RowExclusiveLock, nullptr))
            if (name == nullptr) name = foreign_trigger_on(lfirst_oid(cell), owner);
        return name;
    });
    if (found == nullptr) return;
    const char *role = pg::pg_call([&] { return GetUserNameFromId(owner, false); });
    throw pg::Error{
        ERRCODE_INSUFFICIENT_PRIVILEGE,
        core::format("trigger {} of {} must not run as {}", pg::quote_ident(found), runs.table_name.view(),
                     pg::quote_ident(role)),
        "Who ends this file may not update its run, which is then ended by the table's owner; the trigger's "
        "function is another role's.",
        core::format(
            "Make {} the owner of the function, or grant UPDATE on the table to those who end files.",
            pg::quote_ident(role))};
}

}  // namespace retry_ledger::files

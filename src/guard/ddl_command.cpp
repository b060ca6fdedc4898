#include "guard/ddl_command.hpp"

namespace retry_ledger::guard {

namespace {

// Lives in TopTransactionContext: gone with the transaction, whichever way it ends.
DdlCommand *innermost = nullptr;
bool watching = false;
object_access_hook_type next_hook = nullptr;

// What changes of relations PostgreSQL has told its caches since the outermost command began.  It does so at
// the latest when the command counter is increased, which comes before event triggers run at a command's end.
constexpr int most_touched = 4096;
Oid touched[most_touched];
int touched_count = 0;

void transaction_ended(XactEvent event, void *) {
    switch (event) {
        case XACT_EVENT_COMMIT:
        case XACT_EVENT_ABORT:
        case XACT_EVENT_PREPARE:
        case XACT_EVENT_PARALLEL_COMMIT:
        case XACT_EVENT_PARALLEL_ABORT:
            innermost = nullptr;
            break;
        default:
            break;
    }
}

// Whatever started in the aborted subtransaction, or in one below it, has a number that isn't smaller.
void subtransaction_ended(SubXactEvent event, SubTransactionId self, SubTransactionId, void *) {
    if (event != SUBXACT_EVENT_ABORT_SUB) return;
    while (innermost != nullptr && innermost->within >= self) innermost = innermost->outer;
}

// TRUNCATE has no event trigger, and leaves nothing behind that tells of it in a table that is as young as
// the transaction.
void object_accessed(ObjectAccessType type, Oid catalog, Oid oid, int sub, void *argument) {
    if (next_hook) next_hook(type, catalog, oid, sub, argument);
    if (type != OAT_TRUNCATE) return;
    for (DdlCommand *command = innermost; command != nullptr; command = command->outer)
        command->truncates = true;
}

void watch() {
    if (watching) return;
    pg::pg_call([] {
        RegisterXactCallback(transaction_ended, nullptr);
        watching = true;
        RegisterSubXactCallback(subtransaction_ended, nullptr);
        next_hook = std::exchange(object_access_hook, object_accessed);
    });
}

}  // namespace

void push_command(const Node *statement, bool ours, bool reaches) {
    watch();
    if (innermost == nullptr) touched_count = 0;
    auto *command = pg::pg_call([] {
        auto *made =
            static_cast<DdlCommand *>(MemoryContextAllocZero(TopTransactionContext, sizeof(DdlCommand)));
        made->started = GetCurrentCommandId(false);
        made->within = GetCurrentSubTransactionId();
        return made;
    });
    command->statement = statement;
    command->ours = ours;
    command->reaches = reaches;
    command->touched_before = touched_count;
    command->outer = innermost;
    innermost = command;
}

// A start may be told twice, by an event trigger of somebody else's that calls our function: what he did in
// between must not be taken for what was there before.  Commands above the found one never told their end.
std::optional<DdlCommand> pop_command(const Node *statement) {
    const DdlCommand *first = nullptr;
    for (const DdlCommand *command = innermost; command != nullptr; command = command->outer)
        if (command->statement == statement) first = command;
    if (first == nullptr) return std::nullopt;
    const DdlCommand command = *first;
    while (innermost != command.outer) pfree(std::exchange(innermost, innermost->outer));
    return command;
}

void note_touched(Oid relation) noexcept {
    if (innermost == nullptr || touched_count == most_touched) return;
    const bool first = touched_count == innermost->touched_before;
    if (!OidIsValid(relation))
        touched_count = most_touched;
    else if (first || touched[touched_count - 1] != relation)
        touched[touched_count++] = relation;
}

List *touched_relations(const DdlCommand &command, bool *all) {
    *all = touched_count == most_touched;
    List *relations = NIL;
    for (int i = command.touched_before; !*all && i < touched_count; i++)
        relations = list_append_unique_oid(relations, touched[i]);
    return relations;
}

const DdlCommand *innermost_command() {
    return innermost;
}

bool within_our_command() {
    return innermost != nullptr && innermost->ours;
}

bool anywhere_within_our_command() {
    for (const DdlCommand *command = innermost; command != nullptr; command = command->outer)
        if (command->ours) return true;
    return false;
}

}  // namespace retry_ledger::guard

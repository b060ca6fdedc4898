#include "guard/ddl_command.hpp"

namespace retry_ledger::guard {

namespace {

// Lives in TopTransactionContext: gone with the transaction, whichever way it ends.
DdlCommand *innermost = nullptr;
bool watching = false;

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

void watch_transactions() {
    if (watching) return;
    pg::pg_call([] {
        RegisterXactCallback(transaction_ended, nullptr);
        watching = true;
        RegisterSubXactCallback(subtransaction_ended, nullptr);
    });
}

}  // namespace

void push_command(const Node *statement, bool ours, bool reaches) {
    watch_transactions();
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

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

void push_command(bool ours, bool reaches) {
    watch_transactions();
    auto *command = pg::pg_call([] {
        auto *made =
            static_cast<DdlCommand *>(MemoryContextAllocZero(TopTransactionContext, sizeof(DdlCommand)));
        made->started = GetCurrentCommandId(false);
        made->within = GetCurrentSubTransactionId();
        return made;
    });
    command->ours = ours;
    command->reaches = reaches;
    command->outer = innermost;
    innermost = command;
}

std::optional<DdlCommand> pop_command() {
    if (innermost == nullptr) return std::nullopt;
    DdlCommand command = *innermost;
    pfree(std::exchange(innermost, innermost->outer));
    return command;
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

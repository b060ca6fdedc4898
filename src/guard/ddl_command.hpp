// The DDL commands that are under way in this backend: they nest, through functions and event triggers.
#pragma once

#include "pg/own_table.hpp"

namespace retry_ledger::guard {

struct DdlCommand {
    const Node *statement;
    CommandId started;        // of our transaction, what came before was there before the command
    SubTransactionId within;  // to be forgotten with this subtransaction
    bool ours;                // our own DDL: it knows what it does
    bool reaches;             // can reach a governed table at all
    bool truncates;           // a TRUNCATE has run within it
    int touched_before;       // how many relations had been touched when it began
    DdlCommand *outer;
};

// At ddl_command_start.
void push_command(const Node *statement, bool ours, bool reaches);

// At ddl_command_end: the first start of this statement, and no start of another one.  Empty if the command's
// start wasn't seen, as for the CREATE EXTENSION that makes the event triggers, or one that has committed in
// its middle (those are refused at their start).
std::optional<DdlCommand> pop_command(const Node *statement);

// For the one callback of ours that is told which relations change: PostgreSQL has room for ten of all
// libraries.  It may be called at any time, also of what other sessions have changed; InvalidOid: any.
void note_touched(Oid relation) noexcept;

// The relations whose catalog rows have changed since the command began, from its end to the next start.
// `all`: nobody knows which, so it may be any.  Within a pg_call.
List *touched_relations(const DdlCommand &command, bool *all);

// The last that has started and hasn't ended; nullptr: none.
const DdlCommand *innermost_command();

// Whether the command that is running is our own.
bool within_our_command();

// Whether it is, or runs within one of ours, at whatever depth.
bool anywhere_within_our_command();

}  // namespace retry_ledger::guard

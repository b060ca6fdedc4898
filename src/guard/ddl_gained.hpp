// What a governed table may not gain, beside the guarded state, and what nobody should overlook that it
// gains.
#pragma once

#include "pg/own_table.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::guard {

// These compare with what was there before the command.
// Refuses a column that shows names of other objects, which others may rename; to a locked table, a type that
// somebody casts or compares in a way of his own; and membership in an extension: dumps leave out the rows of
// its tables.
void refuse_gained(const pg::Home &home, CommandTag tag, CommandId started);
// Refuses what goes with a session.
void refuse_passing(const pg::Home &home, CommandTag tag, CommandId started);

// A notice for each new column that a retry doesn't carry over, though by its name it isn't an outcome.
void tell_uncarried(const pg::Home &home, CommandTag tag, CommandId started);

// The first column of the table whose type stores numbers of other objects, and shows their names; empty:
// there is none.
std::string reference_column(Oid table);

}  // namespace retry_ledger::guard

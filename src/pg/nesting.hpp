// Whose statement is running: the client's or the apply worker's own, or one that something within it runs.
#pragma once

#include "pg/error.hpp"

namespace retry_ledger::pg {

// Whether what calls us is logical replication itself, which applies a row or copies a table, and no SQL that
// runs meanwhile: an application's trigger, default or check in an apply worker is nothing that a publisher
// has decided.
bool is_applied();

// Whether the client's statement itself is a SELECT of the function of this name.  Not, if it is called by a
// trigger, a view, a default or another function, however innocent the statement is that reaches them; nor in
// a background process, which acts for people who aren't there.
bool is_clients_own_call(const std::string &function);

}  // namespace retry_ledger::pg

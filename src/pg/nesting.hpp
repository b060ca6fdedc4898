// Whose statement is running: the client's or the apply worker's own, or one that something within it runs.
#pragma once

#include "pg/error.hpp"

namespace retry_ledger::pg {

// Whether what calls us is logical replication itself, which applies a row or copies a table, and no SQL that
// runs meanwhile: an application's trigger, default or check in an apply worker is nothing that a publisher
// has decided.
bool is_applied();

// The same, and by a subscription whose owner is a superuser: he answers for what the publisher has decided.
// Whoever else may have a subscription would be his own publisher, and decide what he likes.
bool is_taken_as_found();

// Whether the statement that the client has sent is a SELECT of this function, whatever name it says, and of
// nothing else that an application brings: no table, no view, no other function.  Not, if the function is
// called by a trigger, a view, a default, a cursor or another function, however innocent the statement is
// that reaches them; nor in a background process, which acts for people who aren't there.
bool is_clients_own_call(Oid function);

}  // namespace retry_ledger::pg

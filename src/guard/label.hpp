// The security label of a database with locked tables.  It stands in a catalog that all databases share, so
// DROP DATABASE meets it, whichever database it is run from.
#pragma once

#include <functional>

#include "pg/own_table.hpp"

namespace retry_ledger::guard {

// Called once, when the library is preloaded.
void register_label();

// Labels the database of this session, or sees to it that its label stays; waits for whoever puts it there or
// takes it away.
void label_database(const pg::Home &home);

// Takes the label away unless something is locked, or is being locked: for that it waits.
void unlabel_database(const pg::Home &home, const std::function<bool()> &something_is_locked);

bool is_labelled(Oid database);
bool any_database_is_labelled();

// Whether something is locked here, or in another database of the server: what all of them share is kept in
// each.
bool server_has_locks();

}  // namespace retry_ledger::guard

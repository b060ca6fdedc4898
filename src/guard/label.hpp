// The security label of a database with locked tables.  It stands in a catalog that all databases share, so
// DROP DATABASE meets it, whichever database it is run from.
#pragma once

#include "pg/own_table.hpp"

namespace retry_ledger::guard {

// Called once, when the library is preloaded.
void register_label();

// Labels the database of this session; waits for whoever is doing so.
void label_database(const pg::Home &home);

// Takes the label away, once nothing is locked any more.
void unlabel_database(const pg::Home &home);

bool is_labelled(Oid database);
bool any_database_is_labelled();

}  // namespace retry_ledger::guard

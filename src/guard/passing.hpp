// What goes with a session: PostgreSQL drops a temporary schema when its session ends, with all that rests on
// it, and tells no event trigger.
#pragma once

#include "pg/own_table.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::guard {

// Whether any temporary schema has anything in it.
bool has_temporary_objects();

// A query for what goes of tables and their partitions: name of the table, and which column, policy, rule or
// key.  `tables`: a query for name and OID of the tables.
std::string passing_parts(const std::string &tables);

// The first of the table; empty: there is none.
std::string passing_part(Oid table);

}  // namespace retry_ledger::guard

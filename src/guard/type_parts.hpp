// What types are made of, at whatever depth.
#pragma once

#include "pg/own_table.hpp"

namespace retry_ledger::guard {

// The types that this one, which isn't built in, is made of directly, as far as they aren't built in either:
// those of a domain, an array, a range, of columns.  Within a pg_call.
List *parts_of_type(Oid type);
List *types_of_columns(Oid relation);

// A query for the columns of tables whose types are made of any of these, at whatever depth: name of the
// table, name of the column.  `tables`: a query for names and OIDs; `types`: one for OIDs.
std::string columns_made_of(const std::string &tables, const std::string &types);

// The first column of the table whose type is made of types more levels deep than anybody needs; empty: there
// is none.  Whoever reads or guards the table has to walk them all.
std::string deep_column(Oid table);
constexpr int deepest_type = 32;

// Until the end of the transaction nobody renames a label of an enum, alters the attributes of a composite
// type, or makes an operator, a cast or an operator class of a type, that columns of this table, or composite
// type, are made of.  Waits for whoever has done so and hasn't committed: he didn't know of the column.
void hold_types(Oid relation);
// The other side of it, for who makes one.
void hold_against_columns(Oid type);

}  // namespace retry_ledger::guard

// A table that CLUSTER or VACUUM FULL is copying.  They read its rows, write them to another file, in another
// order, and then exchange the files.  Nobody else sees the table meanwhile, but functions of its indexes run
// in the same session: what these write to the table is in the old file, and goes with it, while the ledger
// keeps what was said of it.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::guard {

// Refuses a write to such a table; for guards of rows, which see the partition that the row is in.
void refuse_while_copied(Relation table);

// The table that the relation is a copy of, as long as it is being made; InvalidOid of anything else.  Within
// a pg_call.
Oid copied_table(Oid copy);

}  // namespace retry_ledger::guard

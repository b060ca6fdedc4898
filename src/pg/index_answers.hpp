// Which indexes answer otherwise than a look at all rows would.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

// A key column of an index: the access method, the operator family, its input type, and the collation or 0.
struct IndexKey {
    Oid method, family, type, collation;
};

// Both within a pg_call.

// Whether nobody has compared what it finds with a sequential scan, condition by condition, with the extremes
// of its type: of extensions that are known here that was done.  Others may find less by design, as those for
// nearest neighbours do.
bool is_untried(const IndexKey &key);

// Where PostgreSQL's own answer, or an extension's, may leave rows out: the boxes that GiST, SP-GiST and BRIN
// keep of shapes contain nothing any more where one has a NaN in it; text is compared by its bytes, or by
// what is cut out of it, whatever a collation takes for equal; of a multirange GiST keeps the range that
// spans it; SP-GiST goes astray among networks; a NaN in a cube equals any other.
bool may_miss_rows(const IndexKey &key);

}  // namespace retry_ledger::pg

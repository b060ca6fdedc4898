// What a stored expression may come to say tomorrow: of an index, a CHECK, a partition key.
//
// The planner believes these without looking at rows, and computes of them what it can.  Within a pg_call.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

// Whether it is made of functions, types or settings that change.
bool may_change(Node *expression);

// Whether the planner could replace a part of it by what comes out under the settings of the moment:
// (0.1::float8 + 0.2::float8)::text is immutable to PostgreSQL, and goes by extra_float_digits.  A part that
// reads a column isn't computed before there are rows, and arithmetic goes by no setting.
bool depends_on_settings(Node *expression);

}  // namespace retry_ledger::pg

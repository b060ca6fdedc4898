// An application's column as text, in SQL of ours.
//
// Never by a cast: a type's owner may have made one to text, which would run as whoever runs the statement,
// and say what it likes.
#pragma once

#include "pg/text.hpp"

namespace retry_ledger::pg {

// `value` is the column as SQL names it, `base_type` what its type is beneath domains.  By the type's own
// output function.
std::string text_expression(const std::string &value, Oid base_type);

}  // namespace retry_ledger::pg

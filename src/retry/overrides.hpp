// Input columns in which a retry differs from its parent, because whoever asked said so.
#pragma once

#include "retry/statements.hpp"

namespace retry_ledger::retry {

// The columns of a JSON object, as values of their types.  INVALID_OVERRIDES if it isn't an object, if a name
// isn't an input column that the policy lets a retry set, or if a value isn't one of the column's type.
Overrides parse_overrides(const govern::Governed &table, const std::optional<std::string> &json);

// Where the parent's profile isn't allowed any more, the one that the policy falls back to, as an override;
// the parent's then.  None: nothing is changed.
std::optional<std::string> fall_back(const govern::Governed &table, const VisibleRun &parent,
                                     Overrides &overrides);

// Whether a retry may have another value in an input column than its parent.
bool may_differ(const govern::Governed &table, const std::string &column);

// For a row that was inserted by hand: which of its columns differ though the policy doesn't list them.
[[noreturn]] void refuse_override(const govern::Governed &table, const std::string &column);

}  // namespace retry_ledger::retry

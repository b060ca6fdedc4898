// The state machine that a governed table declares.
#pragma once

#include "core/transition.hpp"
#include "govern/governed.hpp"

namespace retry_ledger::govern {

// Empty: any change is allowed, as long as a run hasn't ended.
std::vector<core::Transition> declared_transitions(const Governed &table);

}  // namespace retry_ledger::govern

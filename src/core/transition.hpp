// The declared state machine of a table's statuses, as a graph.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace retry_ledger::core {

using Transition = std::pair<std::string, std::string>;  // from, to

// The statuses through which a run gets from `from` to the nearest of `targets`, the target included.  Empty
// if it can't.  `any`: no transitions are declared, every change is allowed.
std::vector<std::string> way_to(const std::string &from, const std::vector<std::string> &targets,
                                const std::vector<Transition> &declared, bool any);

// The statuses among `statuses` from which a run may go straight to `to`.
std::vector<std::string> straight_sources(const std::string &to, const std::vector<std::string> &statuses,
                                          const std::vector<Transition> &declared, bool any);

}  // namespace retry_ledger::core

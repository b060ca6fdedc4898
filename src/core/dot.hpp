// Pictures as text, in the DOT language of Graphviz: the state machine of a table, the family of a run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/family.hpp"
#include "core/transition.hpp"

namespace retry_ledger::core {

struct Machine {
    std::vector<std::string> initial, active, ended;
    std::vector<Transition> transitions;
    bool any = false;  // none are declared: any change is allowed, as long as a run hasn't ended
};

// A run and the one that it retries, by its place in the list; none if it retries none that can be seen.
struct RunNode {
    RunLine run;
    std::optional<size_t> parent;
};

// A string of DOT in which every character stands for itself, also where Graphviz would read an escape or an
// entity.
std::string dot_string(const std::string &text);

std::string machine_dot(const std::string &title, const Machine &machine);
std::string lineage_dot(const std::string &title, const std::vector<RunNode> &runs);

}  // namespace retry_ledger::core

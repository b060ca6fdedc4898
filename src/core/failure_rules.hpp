// The built-in rules of classification, as data: what failure.cpp compiles, what the policy hash names by
// version, what the documentation lists.
#pragma once

#include <vector>

#include "core/failure.hpp"

namespace retry_ledger::core {

// Part of every policy's hash: to be raised with any change below that can change an answer.
constexpr int builtin_rules_version = 2;

// In the order in which they are asked.  Rules without a class are looked for in the whole text, rules with
// one only in its evidence: the lines that say how it ended.
std::vector<FailureRule> builtin_failure_rules();

// What evidence is, line by line; of these kinds the first that matches counts.
std::vector<std::string> builtin_resumptions();  // it was tried again, or it worked: what came before is void
std::vector<std::string> builtin_asides();       // said in passing
// (here: the rules with a class)
std::vector<std::string> builtin_trailers();    // says that it failed, not why
std::vector<std::string> builtin_complaints();  // any other complaint: it is why, so what came before isn't

}  // namespace retry_ledger::core

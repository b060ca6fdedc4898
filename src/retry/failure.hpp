// The class of a failure, by its table's own rules and the built-in ones.
#pragma once

#include "core/failure.hpp"
#include "retry/statements.hpp"

namespace retry_ledger::retry {

// With the built-in rules alone.
const core::Classifier &builtin_classifier();

// With the rules of the table's policy before them.  Lives as long as the entry.
const core::Classifier &classifier_of(govern::Governed &table);

// Of a run as its caller sees it, by its error; none if it can't be told.
std::optional<std::string> failure_class_of(govern::Governed &table, const VisibleRun &run);

// How patterns and texts are encoded in this database.
core::TextEncoding text_encoding();

}  // namespace retry_ledger::retry

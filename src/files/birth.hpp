// The births and changes of files, row by row.
#pragma once

#include "files/statement.hpp"
#include "guard/row.hpp"

namespace retry_ledger::files {

// BEFORE INSERT: the row with its lineage set.
HeapTuple birth(const pg::Home &home, govern::Governed &files, const guard::Row &row);

// AFTER INSERT: checks the row as it is.
void born(const pg::Home &home, govern::Governed &files, const guard::Row &row);

// The run of a file that changed from `before` to `after`; refuses if it had ended.
TouchedRun &touch_row(const pg::Home &home, govern::Governed &files, const guard::Row &before,
                      const guard::Row &after);

void count_end(const govern::Governed &files, TouchedRun &run, const std::string &status);

// One file at its limit blocks the whole call.
core::Refusal attempts_refusal(const govern::Governed &files, const std::string &file, int attempt,
                               int limit);

}  // namespace retry_ledger::files

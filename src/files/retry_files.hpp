// retry_failed_files: which files of a run a retry takes up, and what stands against it.
#pragma once

#include "retry/retry.hpp"

namespace retry_ledger::files {

// The files of a run as its caller sees them.
struct FoundFiles {
    int failed = 0, pending = 0;  // that a retry takes up: those that ended, and those that were never run
    int seen = 0;
    int most_attempts = 0;  // of those that a retry takes up
    int count() const { return failed + pending; }
};

// The first reason against retrying the run, with its files if it has any; `found` is filled as far as it was
// looked.
std::optional<core::Refusal> refusal_of(const pg::Home &home, govern::Governed &runs,
                                        const retry::VisibleRun &run, const core::Question &question,
                                        const retry::Request &request, FoundFiles &found);

// What the files add to the decision: for the ledger and for the caller.
void add_found(const FoundFiles &found, retry::Decided &decided);

}  // namespace retry_ledger::files

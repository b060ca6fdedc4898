// The application's say in what may be retried: set_work_queue(check_function).
#pragma once

#include "retry/statements.hpp"
#include "work/queue.hpp"

namespace retry_ledger::work {

// What the function is asked with: the retry as it would be, or is.
struct Candidate {
    std::string parent_key, reason;
    int attempt = 0;     // of the retry
    std::string inputs;  // its input columns, as JSON
};

bool has_check(const govern::Governed &table);

// The input columns of a retry of `run`.
std::string inputs_of(const govern::Governed &table, const retry::VisibleRun &run,
                      const retry::Overrides &overrides);

// The input columns of a row that is there.
std::string inputs_of(const govern::Governed &table, HeapTuple row, TupleDesc descriptor);

// INVALID_REQUEST for each candidate that the function has something against.  One call of SQL for all.
std::vector<std::optional<core::Refusal>> check_requests(const govern::Governed &table,
                                                         const std::vector<Candidate> &candidates);

}  // namespace retry_ledger::work

// Deciding a retry as its caller, and putting it on the ledger.
#pragma once

#include "retry/decided.hpp"
#include "retry/question.hpp"

namespace retry_ledger::retry {

struct Accepted {
    Decided decided;
    VisibleRun parent;
    Overrides overrides;  // those of the request, and a profile that was fallen back to
};

// Asks the engine with what the caller can see.  Raises the refusal.  Within an SpiScope.
Accepted decide(const pg::Home &home, govern::Governed &table, const Request &request);

// The run, or RUN_NOT_FOUND.
VisibleRun visible_run(govern::Governed &table, const Request &request);

// What follows from a yes of the engine.
Decided decided_from(const govern::Governed &table, const VisibleRun &run, const core::Question &question,
                     const Request &request);

// The effects of a retry that was born: the link, the charge, the ledger.  Raises INSUFFICIENT_CREDITS, and
// ALREADY_RETRIED if another live retry of the parent stands, waiting for one that is in progress.  `decided`
// gets the time until which its work waits: that counts from here, however long ago it was decided.
void record_birth(const pg::Home &home, govern::Governed &table, Decided &decided,
                  const std::string &retry_key);

}  // namespace retry_ledger::retry

// Deciding a retry as its caller, and putting it on the ledger.
#pragma once

#include "retry/decided.hpp"
#include "retry/statements.hpp"

namespace retry_ledger::retry {

struct Request {
    Datum key;                          // of the run to retry
    std::string key_text;               // as the caller wrote it
    std::optional<std::string> tenant;  // a run of another one doesn't exist for the caller
    std::string reason;
};

struct Accepted {
    Decided decided;
    VisibleRun parent;
};

// Asks the engine with what the caller can see.  Raises the refusal.  Within an SpiScope.
Accepted decide(const pg::Home &home, govern::Governed &table, const Request &request);

// The effects of a retry that was born: the link, the ledger.  Raises ALREADY_RETRIED if another live retry
// of the parent stands, waiting for one that is in progress.
void record_birth(const pg::Home &home, govern::Governed &table, const Decided &decided,
                  const std::string &retry_key);

}  // namespace retry_ledger::retry

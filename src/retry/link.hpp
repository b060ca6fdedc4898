// A row of the table retry, looked up by one of its keys.
#pragma once

#include "govern/governed.hpp"

namespace retry_ledger::retry {

struct Link {
    std::string parent_key, retry_key;
    int attempt;
    TimestampTz retried_at;
    std::optional<TimestampTz> not_before, voided_at;
    std::optional<std::string> resume_from_status;
    bool from_before;  // found at adoption: decided under no policy of ours
};

enum class LinkBy {
    live_parent,  // the live retry of a run
    parent,       // a retry of a run, live or void
    retry,        // the retry that a run is
};

// By everything committed by now: a snapshot taken earlier may not show it.
std::optional<Link> find_link(const pg::Home &home, const govern::Governed &table, LinkBy by,
                              const std::string &key_text);

// Whether the run is a retry that was made void.
bool is_void(const pg::Home &home, const govern::Governed &table, const std::string &key_text);

}  // namespace retry_ledger::retry

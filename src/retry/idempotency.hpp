// Requests that name a request_id: the same request gets the first answer, also when two arrive at once.
//
// The id belongs to a table and a tenant, and to a role where the answer rests on which rows that role sees.
// Whoever names it takes its lock until the transaction ends, so a second one waits for the first one's
// answer, sees it as soon as it is committed, whatever its isolation level, and finds none if the first one
// rolled back.
#pragma once

#include "pg/own_table.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::retry {

// Whose an id is.
struct RequestScope {
    std::string run_table;
    std::optional<std::string> tenant;
    std::optional<std::string> role = std::nullopt;  // none: of all
};

class IdempotentCall {
public:
    // `fingerprint` is made of what was asked for: the same id with another one is IDEMPOTENCY_KEY_REUSED.
    // Without a request_id nothing is looked up and nothing kept.  Within an SpiScope.
    IdempotentCall(const pg::Home &home, RequestScope scope, std::optional<std::string> request_id,
                   const std::string &fingerprint);

    // The first answer, as JSON; none: this call is the first.
    const std::optional<std::string> &answer() const { return answer_; }

    // Keeps the answer of this call, for good.
    void keep(const std::string &json) const;

    // IDEMPOTENCY_KEY_REUSED
    [[noreturn]] void refuse_reuse() const;

private:
    pg::Home home_;
    RequestScope scope_;
    std::optional<std::string> request_id_;
    std::string fingerprint_;  // SHA-256, 32 bytes
    std::optional<std::string> answer_;
};

// INVALID_REQUEST_ID for an id that is empty or longer than 200 bytes.
void check_request_id(const std::optional<std::string> &request_id);

}  // namespace retry_ledger::retry

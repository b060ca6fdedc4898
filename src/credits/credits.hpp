// What a retry costs, and taking and giving back credits in the transaction that asks for it.
//
// Whoever spends or gives back a tenant's credits holds the tenant's lock until the transaction ends; so what
// is read under it, by everything committed by then, stays true.  Isolation levels don't matter.
#pragma once

#include <map>

#include "credits/entries.hpp"
#include "retry/statements.hpp"

namespace retry_ledger::credits {

// What a retry of a run costs by the policy; of a table with files: one failed file.
struct Price {
    std::int64_t credits = 0;
    std::optional<core::Refusal> refusal;  // INVALID_PRICE: it can't be told
};

// One question to the application for all of them.  Within an SpiScope.
std::vector<Price> prices_of(govern::Governed &table, const std::vector<const retry::VisibleRun *> &runs);

// Raises INVALID_PRICE.  0 without a look at anything if the policy has no price.
std::int64_t price_of(govern::Governed &table, const retry::VisibleRun &run);

// Whether the policy has credits spent that are ours: it has a price and no billing of the application's.
bool spends_credits(const govern::Governed &table);

void lock_tenant(const pg::Home &home, const std::optional<std::string> &tenant);

// What the tenant can spend now.
core::Balance available(const pg::Home &home, const std::optional<std::string> &tenant);

struct Charge {
    std::optional<std::string> tenant;
    std::int64_t credits = 0;
    std::string parent_key, retry_key, reason;
};

struct Charged {
    std::string charge_id;  // as text
    std::int64_t credits = 0;
    std::optional<core::Balance> split;  // none: the application's own billing
};

// Takes the credits and puts it on the ledger.  INSUFFICIENT_CREDITS if there aren't enough, and then nothing
// is taken; whatever the application's charge_function raises.  Nothing is done for 0 credits.
std::optional<Charged> charge(const pg::Home &home, govern::Governed &table, const Charge &charge);

// What a charge adds to the evidence of the ledger.
core::Evidence evidence_of(const Charged &charged);

enum class Refund { refunded, already_refunded, nothing_to_refund };
struct Refunded {
    Refund outcome = Refund::nothing_to_refund;
    std::int64_t credits = 0;
    std::optional<core::Balance> split;
};

// Gives back what the retry was charged, split as it was taken, and puts it on the ledger.
Refunded refund(const pg::Home &home, govern::Governed &table, const std::string &retry_key,
                const std::string &reason);

// The same for a caller that has an error of its own to report: if giving back fails, nothing of it remains
// but an entry `refund_failed` on the ledger, and refund_credits() can make up for it.  Within an SpiScope.
std::optional<pg::Error> try_refund(const pg::Home &home, govern::Governed &table,
                                    const std::string &retry_key, const std::string &reason);

// For many charges in one statement: the grants of the tenants are read once, and the table stays open.  The
// scope lies within one subtransaction; what another one takes or gives back is seen all the same.
class ManyCharges {
public:
    explicit ManyCharges(const pg::Home &home);
    ~ManyCharges();
    ManyCharges(const ManyCharges &) = delete;

private:
    friend class Purse;
    pg::KeepOpen entries_;
    ManyCharges *outer_;
    SubTransactionId subtransaction_;
    std::map<std::optional<std::string>, std::vector<core::Grant>> grants_;  // usable, in the order of use
};

// What was read of a tenant's grants is no longer right.
void forget_grants(const std::optional<std::string> &tenant) noexcept;

}  // namespace retry_ledger::credits

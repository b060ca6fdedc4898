// What rate limits allow a claim.
#pragma once

#include "work/item.hpp"

namespace retry_ledger::work {

// Where a queue has limits, claims of it come one after the other: whoever claims holds the queue's lock
// until its transaction ends.  Where it has none, nothing is locked or read.
class Allowance {
public:
    Allowance(const pg::Home &home, const std::string &queue, const Due &due);

    int of_queue() const { return queue_left_; }

    // Of the items those whose tenants have claims left, in their order.
    std::vector<Item> within(std::vector<Item> items);

    // Tenants that have none left.
    const std::vector<std::string> &used_up() const { return used_up_; }

    void take(const std::vector<Item> &items);

    // What is left, for the next claim.
    void keep();

private:
    struct Account {
        Bucket bucket;
        int promised = 0, taken = 0;
    };
    Bucket filled(const std::optional<std::string> &tenant, const core::RateLimit &limit) const;
    Account &account_of(const std::string &tenant);

    const pg::Home &home_;
    const std::string &queue_;
    Due due_;
    int queue_left_;
    Account queue_account_;
    std::map<std::string, Account> tenants_;
    std::vector<std::string> used_up_;
};

}  // namespace retry_ledger::work

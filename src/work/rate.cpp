#include "work/rate.hpp"

#include "pg/lock.hpp"

namespace retry_ledger::work {

Allowance::Allowance(const pg::Home &home, const std::string &queue, const Due &due)
    : home_(home), queue_(queue), due_(due), queue_left_(PG_INT32_MAX) {
    if (!due.rate && !due.tenant_rate) return;
    pg::lock_name(home, "work rate " + queue);
    if (!due.rate) return;
    queue_account_.bucket = filled(std::nullopt, *due.rate);
    queue_left_ = core::whole_tokens(queue_account_.bucket.tokens);
}

// A bucket that nobody has used yet is full.
Bucket Allowance::filled(const std::optional<std::string> &tenant, const core::RateLimit &limit) const {
    TimestampTz now = GetCurrentTimestamp();
    auto bucket = read_bucket(home_, queue_, tenant);
    if (!bucket) return {limit.limit, now};
    return {core::refilled(bucket->tokens, now - bucket->filled_at, limit), now};
}

Allowance::Account &Allowance::account_of(const std::string &tenant) {
    auto found = tenants_.find(tenant);
    if (found == tenants_.end()) {
        Account account;
        account.bucket = filled(tenant, *due_.tenant_rate);
        found = tenants_.emplace(tenant, account).first;
    }
    return found->second;
}

std::vector<Item> Allowance::within(std::vector<Item> items) {
    if (!due_.tenant_rate) return items;
    for (auto &[tenant, account] : tenants_) account.promised = account.taken;
    std::vector<Item> allowed;
    for (Item &item : items) {
        if (item.tenant) {
            Account &account = account_of(*item.tenant);
            if (account.promised >= core::whole_tokens(account.bucket.tokens)) {
                used_up_.push_back(*item.tenant);
                continue;
            }
            account.promised++;
        }
        allowed.push_back(std::move(item));
    }
    return allowed;
}

void Allowance::take(const std::vector<Item> &items) {
    queue_account_.taken += static_cast<int>(items.size());
    if (!due_.tenant_rate) return;
    for (const Item &item : items)
        if (item.tenant) account_of(*item.tenant).taken++;
}

void Allowance::keep() {
    auto write = [&](const std::optional<std::string> &tenant, Account &account) {
        if (account.taken == 0) return;
        account.bucket.tokens -= account.taken;
        write_bucket(home_, queue_, tenant, account.bucket);
    };
    if (due_.rate) write(std::nullopt, queue_account_);
    for (auto &[tenant, account] : tenants_) write(tenant, account);
}

}  // namespace retry_ledger::work

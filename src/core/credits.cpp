#include "core/credits.hpp"

#include <algorithm>
#include <limits>

#include "core/format.hpp"

namespace retry_ledger::core {

namespace {

constexpr std::int64_t day = 86'400'000'000;

bool is_usable(const Grant &grant, std::int64_t now) {
    return grant.remaining > 0 && grant.valid_from <= now && (!grant.expires_at || *grant.expires_at > now);
}

bool used_before(const Grant &a, const Grant &b) {
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    if (a.source != b.source) return a.source == Source::monthly;
    return a.expires_at.value_or(never) < b.expires_at.value_or(never);
}

// A balance beyond what fits counts as the most that does.
std::int64_t sum(std::int64_t a, std::int64_t b) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;
    return a > most - b ? most : a + b;
}

}  // namespace

const char *source_name(Source source) {
    return source == Source::monthly ? "monthly" : "purchased";
}

std::int64_t total_price(std::int64_t price, std::int64_t count) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    return count != 0 && price > most / count ? most : price * count;
}

std::vector<Grant> usable_grants(std::vector<Grant> grants, std::int64_t now) {
    grants.erase(std::remove_if(grants.begin(), grants.end(),
                                [&](const Grant &grant) { return !is_usable(grant, now); }),
                 grants.end());
    std::stable_sort(grants.begin(), grants.end(), used_before);
    return grants;
}

Balance balance_of(const std::vector<Grant> &usable) {
    Balance balance;
    for (const Grant &grant : usable) {
        std::int64_t &part = grant.source == Source::monthly ? balance.monthly : balance.purchased;
        part = sum(part, grant.remaining);
    }
    return balance;
}

std::optional<std::vector<Draw>> draw(const std::vector<Grant> &usable, std::int64_t credits) {
    std::vector<Draw> draws;
    for (std::size_t i = 0; i < usable.size() && credits > 0; i++) {
        std::int64_t amount = std::min(usable[i].remaining, credits);
        if (amount == 0) continue;
        draws.push_back({i, amount});
        credits -= amount;
    }
    if (credits > 0) return std::nullopt;
    return draws;
}

void spend(Balance &balance, std::int64_t credits) {
    std::int64_t monthly = std::min(balance.monthly, credits);
    balance.monthly -= monthly;
    balance.purchased -= credits - monthly;
}

Revival revive(const Grant &grant, std::int64_t now) {
    if (!grant.expires_at || *grant.expires_at > now) return {0, grant.expires_at};
    return {grant.remaining, end_of_month(now)};
}

// The civil calendar from a count of days: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
std::int64_t end_of_month(std::int64_t time) {
    std::int64_t days = time / day - (time % day < 0 ? 1 : 0);
    std::int64_t z = days + 10957 + 719468;  // since 0000-03-01
    std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    std::int64_t doe = z - era * 146097;
    std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    std::int64_t month = (5 * doy + 2) / 153 + 1;  // of a year that begins in March
    std::int64_t year = yoe + era * 400;
    if (month == 12) year++, month = 0;  // February is its last
    std::int64_t first = (153 * month + 2) / 5;
    std::int64_t y = year % 400, e = year / 400;
    std::int64_t next = e * 146097 + y * 365 + y / 4 - y / 100 + first;
    return (next - 719468 - 10957) * day;
}

Refusal insufficient_credits(const std::string &run_key, const std::string &run_table,
                             const std::optional<std::string> &tenant, const Cost &cost) {
    Value named = nullptr;
    if (tenant) named = *tenant;
    return {Token::insufficient_credits,
            format("a retry of run {} costs {} and {} can be spent", run_key, cost.credits,
                   cost.available.total()),
            {{"run_id", run_key},
             {"run_table", run_table},
             {"tenant", named},
             {"needed", cost.credits},
             {"available", cost.available.total()},
             {"monthly", cost.available.monthly},
             {"purchased", cost.available.purchased}},
            "Nothing was taken.  grant_credits() adds credits to the tenant."};
}

}  // namespace retry_ledger::core

// Credits: from which grants a price is taken, and to which it goes back.  Plain data in, plain data out; the
// entries themselves are in src/credits.
//
// Times are microseconds since 2000-01-01 00:00 UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/refusal.hpp"

namespace retry_ledger::core {

enum class Source { monthly, purchased };
const char *source_name(Source source);

constexpr std::int64_t max_credits = 1'000'000'000'000'000;  // of one grant, and of one price

// A grant as its newest entry leaves it.
struct Grant {
    std::string id;  // 16 bytes
    Source source = Source::monthly;
    std::int64_t remaining = 0;
    std::int64_t valid_from = 0;
    std::optional<std::int64_t> expires_at;  // none: never
    int seq = 0;                             // of its newest entry
};

// What so many cost at this price; a sum that doesn't fit is more than anybody has.
std::int64_t total_price(std::int64_t price, std::int64_t count);

// The grants that can be used at that time and still have something, in the order in which they are used:
// monthly before purchased, of these the one that expires first, else as they came.
std::vector<Grant> usable_grants(std::vector<Grant> grants, std::int64_t now);

struct Balance {
    std::int64_t monthly = 0, purchased = 0;
    std::int64_t total() const { return monthly + purchased; }
};

Balance balance_of(const std::vector<Grant> &usable);

// So much of the grant at this place.
struct Draw {
    std::size_t grant;
    std::int64_t amount;
};

// How `credits` are taken from grants in the order of their use; none if there isn't enough.
std::optional<std::vector<Draw>> draw(const std::vector<Grant> &usable, std::int64_t credits);

// Takes them from a balance that is known to be enough.
void spend(Balance &balance, std::int64_t credits);

// What becomes of a grant before credits go back to it: of one that has expired what was left lapses, and
// what comes back can be used until the end of the calendar month (UTC).
struct Revival {
    std::int64_t lapsed = 0;
    std::optional<std::int64_t> expires_at;
};
Revival revive(const Grant &grant, std::int64_t now);

// The first moment of the month after the one of `time`.
std::int64_t end_of_month(std::int64_t time);

// What a retry costs, and what its tenant can spend.
struct Cost {
    std::int64_t credits = 0;
    Balance available;
};

Refusal insufficient_credits(const std::string &run_key, const std::string &run_table,
                             const std::optional<std::string> &tenant, const Cost &cost);

}  // namespace retry_ledger::core

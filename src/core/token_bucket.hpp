// Rate limits: a bucket that fills with time and is emptied by what is taken.
#pragma once

#include <cstdint>

namespace retry_ledger::core {

// So many in so long; as many at once, if none were taken for that time.
struct RateLimit {
    double limit = 0;
    std::int64_t window = 1;  // microseconds
};

// What the bucket holds by now.
double refilled(double tokens, std::int64_t elapsed, const RateLimit &limit);

// How many may be taken of so many tokens.  Sums of fractions count as what they stand for.
int whole_tokens(double tokens);

}  // namespace retry_ledger::core

#include "core/token_bucket.hpp"

#include <algorithm>
#include <climits>
#include <cmath>

namespace retry_ledger::core {

// A clock that was set back takes nothing away.
double refilled(double tokens, std::int64_t elapsed, const RateLimit &limit) {
    double gained = static_cast<double>(std::max<std::int64_t>(elapsed, 0)) * limit.limit /
                    static_cast<double>(std::max<std::int64_t>(limit.window, 1));
    return std::min(std::max(tokens, 0.0) + gained, limit.limit);
}

int whole_tokens(double tokens) {
    constexpr double rounding = 1e-9;
    if (!(tokens > 0)) return 0;
    return static_cast<int>(std::min(std::floor(tokens + rounding), static_cast<double>(INT_MAX)));
}

}  // namespace retry_ledger::core

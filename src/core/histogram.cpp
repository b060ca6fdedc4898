#include "core/histogram.hpp"

#include <limits>

namespace retry_ledger::core {

double bucket_of(std::int64_t microseconds) {
    for (double bound : duration_bounds)
        if (static_cast<double>(microseconds) <= bound * 1e6) return bound;
    return std::numeric_limits<double>::infinity();
}

}  // namespace retry_ledger::core

// The buckets of retry_duration_seconds.
#pragma once

#include <cstdint>

namespace retry_ledger::core {

// Upper bounds in seconds, ascending: from a question that a model answers at once to a job of a day.  A
// duration belongs to the first bucket whose bound it doesn't exceed, as Prometheus has it; what is longer
// than all of them to the one without end.  What was counted stays in the bucket that it was counted in: a
// bound may be added, and then starts at what the bounds below it hold.
constexpr double duration_bounds[] = {0.1, 0.5, 1,   2.5,  5,    10,   30,    60,
                                      120, 300, 600, 1800, 3600, 7200, 21600, 86400};

// The bound of a duration's bucket; infinity for the one without end.
double bucket_of(std::int64_t microseconds);

}  // namespace retry_ledger::core

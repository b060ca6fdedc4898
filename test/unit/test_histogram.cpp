// The buckets of durations, as Prometheus reads them: `le`, less than or equal.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/histogram.hpp"

using namespace retry_ledger::core;

TEST(Histogram, BoundsAscend) {
    EXPECT_TRUE(std::is_sorted(std::begin(duration_bounds), std::end(duration_bounds)));
    EXPECT_EQ(std::adjacent_find(std::begin(duration_bounds), std::end(duration_bounds)),
              std::end(duration_bounds));
}

TEST(Histogram, ABoundBelongsToItsBucket) {
    double next = std::numeric_limits<double>::infinity();
    for (auto bound = std::rbegin(duration_bounds); bound != std::rend(duration_bounds); ++bound) {
        auto microseconds = static_cast<std::int64_t>(*bound * 1e6);
        EXPECT_EQ(bucket_of(microseconds), *bound);
        EXPECT_EQ(bucket_of(microseconds + 1), next);
        next = *bound;
    }
}

TEST(Histogram, TheEnds) {
    EXPECT_EQ(bucket_of(0), 0.1);
    EXPECT_EQ(bucket_of(-1), 0.1);
    EXPECT_EQ(bucket_of(std::numeric_limits<std::int64_t>::max()), std::numeric_limits<double>::infinity());
}

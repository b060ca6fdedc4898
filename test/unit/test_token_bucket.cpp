// Rate limits.
#include <gtest/gtest.h>

#include <climits>

#include "core/token_bucket.hpp"

using namespace retry_ledger::core;

TEST(TokenBucket, FillsUpToItsLimit) {
    const RateLimit limit{10, 60000000};
    EXPECT_DOUBLE_EQ(refilled(0, 6000000, limit), 1);
    EXPECT_DOUBLE_EQ(refilled(4, 12000000, limit), 6);
    EXPECT_DOUBLE_EQ(refilled(4, 600000000, limit), 10);
    EXPECT_DOUBLE_EQ(refilled(12, 0, limit), 10);  // the limit was lowered
}

TEST(TokenBucket, NothingIsLostOrWonByOddities) {
    const RateLimit limit{10, 60000000};
    EXPECT_DOUBLE_EQ(refilled(4, -1000000, limit), 4);
    EXPECT_DOUBLE_EQ(refilled(-3, 0, limit), 0);
    EXPECT_DOUBLE_EQ(refilled(4, INT64_MAX, limit), 10);
    EXPECT_DOUBLE_EQ(refilled(4, 5, RateLimit{10, 0}), 10);
}

TEST(TokenBucket, WholeTokensAreTaken) {
    EXPECT_EQ(whole_tokens(0.99), 0);
    EXPECT_EQ(whole_tokens(1.0 - 1e-12), 1);  // ten times a tenth
    EXPECT_EQ(whole_tokens(2.5), 2);
    EXPECT_EQ(whole_tokens(-1), 0);
    EXPECT_EQ(whole_tokens(1e300), INT_MAX);
}

// However often one asks, no more is taken in a window than the limit, but for what was saved up at first.
TEST(TokenBucket, NoMoreThanTheLimitInALongRun) {
    const RateLimit limit{7, 1000000};
    double tokens = 7;
    std::int64_t taken = 0;
    for (std::int64_t at = 0; at < 100000000; at += 13007) {
        tokens = refilled(tokens, 13007, limit);
        int now = whole_tokens(tokens);
        tokens -= now;
        taken += now;
    }
    EXPECT_LE(taken, 700 + 7);
    EXPECT_GE(taken, 699);
}

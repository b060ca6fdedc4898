// Credits: which grants are used, how a price is split, and where what comes back goes.
#include <gtest/gtest.h>

#include "core/credits.hpp"

using namespace retry_ledger::core;

namespace {

constexpr std::int64_t day = 86'400'000'000;

Grant grant(const char *id, Source source, std::int64_t remaining,
            std::optional<std::int64_t> expires_at = std::nullopt) {
    Grant grant;
    grant.id = id;
    grant.source = source;
    grant.remaining = remaining;
    grant.expires_at = expires_at;
    return grant;
}

std::string order(const std::vector<Grant> &grants) {
    std::string ids;
    for (const Grant &grant : grants) ids += grant.id;
    return ids;
}

}  // namespace

TEST(Credits, MonthlyBeforePurchasedThatWhichExpiresFirstFirst) {
    std::vector<Grant> grants = {grant("a", Source::purchased, 1),   grant("b", Source::purchased, 1, 50),
                                 grant("c", Source::monthly, 1, 90), grant("d", Source::monthly, 1, 30),
                                 grant("e", Source::purchased, 1),   grant("f", Source::monthly, 1, 30)};
    EXPECT_EQ(order(usable_grants(grants, 10)), "dfcbae");
}

TEST(Credits, OnlyWhatIsValidNowAndHasSomethingLeft) {
    Grant future = grant("a", Source::monthly, 1, 90);
    future.valid_from = 11;
    Grant from_now = grant("b", Source::monthly, 1, 90);
    from_now.valid_from = 10;
    std::vector<Grant> grants = {future, from_now, grant("c", Source::monthly, 1, 10),
                                 grant("d", Source::monthly, 1, 11), grant("e", Source::purchased, 0)};
    EXPECT_EQ(order(usable_grants(grants, 10)), "db");
}

TEST(Credits, APriceIsSplitOverGrants) {
    std::vector<Grant> grants = {grant("a", Source::monthly, 3), grant("b", Source::monthly, 0),
                                 grant("c", Source::purchased, 10)};
    auto draws = draw(grants, 5);
    ASSERT_TRUE(draws);
    ASSERT_EQ(draws->size(), 2u);
    EXPECT_EQ((*draws)[0].grant, 0u);
    EXPECT_EQ((*draws)[0].amount, 3);
    EXPECT_EQ((*draws)[1].grant, 2u);
    EXPECT_EQ((*draws)[1].amount, 2);
}

TEST(Credits, TheLastOneCanBeSpentAndNoMore) {
    std::vector<Grant> grants = {grant("a", Source::monthly, 3), grant("b", Source::purchased, 2)};
    EXPECT_TRUE(draw(grants, 5));
    EXPECT_FALSE(draw(grants, 6));
    EXPECT_FALSE(draw({}, 1));
    EXPECT_TRUE(draw({}, 0)->empty());
}

TEST(Credits, ABalanceIsSpentLikeTheGrants) {
    Balance balance = balance_of({grant("a", Source::monthly, 3), grant("b", Source::purchased, 4)});
    EXPECT_EQ(balance.total(), 7);
    spend(balance, 2);
    EXPECT_EQ(balance.monthly, 1);
    EXPECT_EQ(balance.purchased, 4);
    spend(balance, 4);
    EXPECT_EQ(balance.monthly, 0);
    EXPECT_EQ(balance.purchased, 1);
}

TEST(Credits, ABalanceBeyondCountingIsStillEnough) {
    Balance balance = balance_of(std::vector<Grant>(20000, grant("a", Source::monthly, max_credits)));
    EXPECT_GT(balance.total(), max_credits);
}

TEST(Credits, ATotalThatDoesNotFitIsMoreThanAnybodyHas) {
    EXPECT_EQ(total_price(3, 4), 12);
    EXPECT_EQ(total_price(3, 0), 0);
    EXPECT_EQ(total_price(0, 4), 0);
    std::int64_t most = total_price(max_credits, 1'000'000);
    EXPECT_GT(most, balance_of(std::vector<Grant>(20000, grant("a", Source::monthly, max_credits))).total());
    EXPECT_FALSE(draw({grant("a", Source::monthly, max_credits)}, most));
}

TEST(Credits, WhatReturnsToAnExpiredGrantIsGoodForTheMonth) {
    Revival alive = revive(grant("a", Source::monthly, 3, 11), 10);
    EXPECT_EQ(alive.lapsed, 0);
    EXPECT_EQ(alive.expires_at, 11);
    Revival for_ever = revive(grant("a", Source::purchased, 3), 10);
    EXPECT_EQ(for_ever.lapsed, 0);
    EXPECT_FALSE(for_ever.expires_at);
    Revival expired = revive(grant("a", Source::monthly, 3, 10), 10);
    EXPECT_EQ(expired.lapsed, 3);
    EXPECT_EQ(expired.expires_at, 31 * day);
}

TEST(Credits, TheMonthEndsWithItsLastDay) {
    // Days since 2000-01-01: 31 is 2000-02-01, 60 is 2000-03-01 (a leap year).
    EXPECT_EQ(end_of_month(0), 31 * day);
    EXPECT_EQ(end_of_month(31 * day - 1), 31 * day);
    EXPECT_EQ(end_of_month(31 * day), 60 * day);
    EXPECT_EQ(end_of_month(59 * day), 60 * day);
    EXPECT_EQ(end_of_month(60 * day), 91 * day);
    EXPECT_EQ(end_of_month(335 * day), 366 * day);  // December
    EXPECT_EQ(end_of_month(-1), 0);
    // 2100 is no leap year: 36525 is 2100-01-01.
    EXPECT_EQ(end_of_month(36525 * day), 36556 * day);
    EXPECT_EQ(end_of_month(36556 * day), 36584 * day);
}

TEST(Credits, ARefusalSaysWhatIsMissing) {
    Refusal refusal = insufficient_credits("42", "public.runs", std::nullopt, {5, {1, 2}});
    EXPECT_STREQ(token_info(refusal.token).name, "INSUFFICIENT_CREDITS");
    EXPECT_EQ(token_info(refusal.token).http_status, 402);
    EXPECT_EQ(refusal.message, "a retry of run 42 costs 5 and 3 can be spent");
}

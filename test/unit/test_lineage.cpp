// Lineage as it is found in a table that is adopted.
#include <gtest/gtest.h>

#include "core/lineage.hpp"

using retry_ledger::core::Lineage;
using Names = std::vector<std::string>;

TEST(Lineage, DepthCountsFromTheOriginal) {
    Lineage lineage;
    lineage.add("c", "b");
    lineage.add("b", "a");
    lineage.add("d", "b");
    EXPECT_EQ(lineage.depth("a"), 1);
    EXPECT_EQ(lineage.depth("b"), 2);
    EXPECT_EQ(lineage.depth("c"), 3);
    EXPECT_EQ(lineage.depth("d"), 3);
    EXPECT_EQ(lineage.depth("unknown"), 1);
    EXPECT_EQ(lineage.size(), 3u);
    EXPECT_EQ(lineage.in_circles(5), Names());
}

TEST(Lineage, CirclesAreNamedWithoutWhatHangsOnThem) {
    Lineage lineage;
    lineage.add("a", "b");
    lineage.add("b", "c");
    lineage.add("c", "a");
    lineage.add("x", "a");
    lineage.add("y", "z");
    lineage.add("s", "s");
    EXPECT_EQ(lineage.in_circles(5), (Names{"a", "b", "c", "s"}));
    EXPECT_EQ(lineage.in_circles(2), (Names{"a", "b"}));
}

TEST(Lineage, LongChainsNeedNoStack) {
    Lineage lineage;
    constexpr int length = 300'000;
    for (int i = 1; i < length; i++) lineage.add(std::to_string(i), std::to_string(i - 1));
    EXPECT_EQ(lineage.depth(std::to_string(length - 1)), length);
    EXPECT_TRUE(lineage.in_circles(1).empty());
    lineage.add("0", std::to_string(length - 1));
    EXPECT_EQ(lineage.in_circles(length * 2).size(), static_cast<size_t>(length));
}

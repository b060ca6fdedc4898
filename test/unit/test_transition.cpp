// The way through a declared state machine.
#include <gtest/gtest.h>

#include "core/transition.hpp"

using namespace retry_ledger::core;
using Way = std::vector<std::string>;

TEST(Transition, NothingDeclaredGoesStraight) {
    EXPECT_EQ(way_to("queued", {"failed", "error"}, {}, true), Way({"failed"}));
    EXPECT_EQ(way_to("queued", {}, {}, true), Way());
}

TEST(Transition, TheShortestWay) {
    const std::vector<Transition> declared = {{"queued", "dispatched"}, {"dispatched", "running"},
                                              {"running", "failed"},    {"running", "completed"},
                                              {"queued", "cancelled"},  {"dispatched", "failed"}};
    EXPECT_EQ(way_to("queued", {"failed"}, declared, false), Way({"dispatched", "failed"}));
    EXPECT_EQ(way_to("queued", {"completed"}, declared, false), Way({"dispatched", "running", "completed"}));
    EXPECT_EQ(way_to("queued", {"completed", "cancelled"}, declared, false), Way({"cancelled"}));
    EXPECT_EQ(way_to("running", {"queued"}, declared, false), Way());
    EXPECT_EQ(way_to("unknown", {"failed"}, declared, false), Way());
}

TEST(Transition, CyclesEnd) {
    const std::vector<Transition> declared = {{"a", "b"}, {"b", "a"}, {"b", "c"}, {"c", "b"}, {"a", "a"}};
    EXPECT_EQ(way_to("a", {"z"}, declared, false), Way());
    EXPECT_EQ(way_to("a", {"c"}, declared, false), Way({"b", "c"}));
}

TEST(Transition, WhereOneMayGoStraightFrom) {
    const std::vector<Transition> declared = {{"queued", "running"}, {"running", "failed"}};
    const std::vector<std::string> statuses = {"queued", "running"};
    EXPECT_EQ(straight_sources("failed", statuses, declared, false), Way({"running"}));
    EXPECT_EQ(straight_sources("gone", statuses, declared, false), Way());
    EXPECT_EQ(straight_sources("failed", statuses, {}, true), statuses);
    EXPECT_EQ(straight_sources("running", statuses, {}, true), Way({"queued"}));
}

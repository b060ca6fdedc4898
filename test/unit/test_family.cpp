// A family of runs as a tree.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/family.hpp"

using namespace retry_ledger::core;

namespace {

FamilyMember root(const std::string &key) {
    return {key, std::nullopt, true, true};
}

FamilyMember retry(const std::string &key, const std::string &parent, bool live = true) {
    return {key, parent, live, true};
}

// "key@depth key@depth …"
std::string order_of(const std::vector<FamilyMember> &family) {
    std::string out;
    for (const Place &place : reading_order(family))
        out += (out.empty() ? "" : " ") + family[place.member].key + "@" + std::to_string(place.depth);
    return out;
}

std::string drawn(const std::vector<FamilyMember> &family, Drawing drawing) {
    std::string out;
    for (const Place &place : reading_order(family))
        out += branches(place, drawing) + family[place.member].key + "\n";
    return out;
}

std::string current(const std::vector<FamilyMember> &family) {
    std::optional<size_t> member = current_member(family);
    return member ? family[*member].key : "none";
}

}  // namespace

TEST(Lineage, Chain) {
    std::vector<FamilyMember> family = {retry("c", "b"), root("a"), retry("b", "a")};
    EXPECT_EQ(order_of(family), "a@0 b@1 c@2");
    EXPECT_EQ(current(family), "c");
}

TEST(Lineage, LoneRun) {
    EXPECT_EQ(order_of({root("a")}), "a@0");
    EXPECT_EQ(current({root("a")}), "a");
    EXPECT_EQ(order_of({}), "");
    EXPECT_EQ(current({}), "none");
}

TEST(Lineage, SiblingsInTheOrderGivenEachBranchToItsEnd) {
    std::vector<FamilyMember> family = {root("a"),       retry("b", "a", false), retry("c", "a"),
                                        retry("d", "b"), retry("e", "c"),        retry("f", "a", false)};
    EXPECT_EQ(order_of(family), "a@0 b@1 d@2 c@1 e@2 f@1");
    EXPECT_EQ(current(family), "e");
    EXPECT_EQ(drawn(family, Drawing::box), "a\n├─ b\n│  └─ d\n├─ c\n│  └─ e\n└─ f\n");
    EXPECT_EQ(drawn(family, Drawing::ascii), "a\n|- b\n|  `- d\n|- c\n|  `- e\n`- f\n");
}

TEST(Lineage, AVoidRetryLeavesItsParentCurrent) {
    EXPECT_EQ(current({root("a"), retry("b", "a", false)}), "a");
}

TEST(Lineage, WhatCannotBeSeenIsLeftOut) {
    std::vector<FamilyMember> family = {root("a"), retry("b", "a"), retry("c", "b")};
    family[1].visible = false;
    EXPECT_EQ(order_of(family), "a@0 c@0");
    EXPECT_EQ(current(family), "c");
    family[0].visible = family[2].visible = false;
    EXPECT_EQ(order_of(family), "");
}

TEST(Lineage, ACycleEnds) {
    std::vector<FamilyMember> family = {retry("a", "c"), retry("b", "a"), retry("c", "b")};
    EXPECT_EQ(order_of(family), "a@0 b@1 c@2");
    EXPECT_EQ(current(family), "none");
    EXPECT_EQ(order_of({retry("a", "a")}), "a@0");
}

TEST(Lineage, ALongChainNeedsNoStack) {
    std::vector<FamilyMember> family = {root("0")};
    for (int i = 1; i < 5000; i++) family.push_back(retry(std::to_string(i), std::to_string(i - 1)));
    const Place last = reading_order(family).back();
    EXPECT_EQ(last.depth, 4999);
    EXPECT_EQ(last.last.size(), drawn_depth);
    EXPECT_EQ(branches(last, Drawing::ascii).substr(0, 9), "..       ");
    EXPECT_EQ(current(family), "4999");
}

// Whatever the links: each visible run once, a child right below its parent's branch, depth one more.
TEST(Lineage, PropertiesOfRandomFamilies) {
    std::mt19937 random(1);
    for (int round = 0; round < 500; round++) {
        int size = 1 + static_cast<int>(random() % 30);
        std::vector<FamilyMember> family;
        for (int i = 0; i < size; i++) {
            FamilyMember member = root(std::to_string(i));
            if (random() % 5 != 0) member.parent = std::to_string(random() % size);
            member.live = random() % 2 == 0;
            member.visible = random() % 4 != 0;
            family.push_back(member);
        }
        size_t visible = 0;
        for (const FamilyMember &member : family) visible += member.visible;

        std::vector<Place> order = reading_order(family);
        std::set<size_t> seen;
        std::vector<std::string> path;
        for (const Place &place : order) {
            const FamilyMember &member = family[place.member];
            EXPECT_TRUE(member.visible);
            EXPECT_TRUE(seen.insert(place.member).second);
            EXPECT_EQ(place.last.size(), std::min(static_cast<size_t>(place.depth), drawn_depth));
            ASSERT_LE(static_cast<size_t>(place.depth), path.size());
            path.resize(place.depth);
            if (place.depth > 0) {
                EXPECT_EQ(member.parent, path.back());
            }
            path.push_back(member.key);
        }
        EXPECT_EQ(seen.size(), visible);
        current_member(family);
    }
}

TEST(Lineage, Describe) {
    RunLine run;
    run.key = "9d5f";
    run.status = "failed";
    EXPECT_EQ(describe(run), "9d5f  attempt 1  failed");
    run.error = "out of memory";
    EXPECT_EQ(describe(run), "9d5f  attempt 1  failed: out of memory");
    run.attempt = 2;
    run.reason = "manual_retry";
    run.actor = "alice";
    run.when = "2026-01-01 00:00:00+00";
    run.is_void = true;
    EXPECT_EQ(
        describe(run),
        "9d5f  attempt 2  failed: out of memory  (manual_retry by alice, 2026-01-01 00:00:00+00)  void");
    run.is_void = false;
    run.is_current = true;
    run.error.clear();
    EXPECT_EQ(describe(run),
              "9d5f  attempt 2  failed  (manual_retry by alice, 2026-01-01 00:00:00+00)  <- current");
}

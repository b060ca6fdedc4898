// Pictures in the DOT language.
#include <gtest/gtest.h>

#include "core/dot.hpp"

using namespace retry_ledger::core;

namespace {

int count(const std::string &text, const std::string &part) {
    int found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) found++;
    return found;
}

RunLine line(const std::string &key, int attempt, const std::string &status) {
    RunLine run;
    run.key = key;
    run.attempt = attempt;
    run.status = status;
    return run;
}

}  // namespace

TEST(Dot, NamesStandForThemselves) {
    EXPECT_EQ(dot_string("queued"), "\"queued\"");
    EXPECT_EQ(dot_string("a\"b\\"), "\"a\\\"b\\\\\"");
    EXPECT_EQ(dot_string("a\nb\tc"), "\"a\\nb c\"");
    EXPECT_EQ(dot_string("&lt;"), "\"&amp;lt;\"");
    EXPECT_EQ(dot_string("größe"), "\"größe\"");
}

TEST(Dot, NothingLeavesAnEndedStatus) {
    Machine machine{
        {"queued"}, {"running"}, {"failed"}, {{"queued", "running"}, {"running", "failed"}}, false};
    std::string dot = machine_dot("runs", machine);
    EXPECT_EQ(count(dot, " -> "), 3);  // the birth too
    EXPECT_EQ(count(dot, "s2 -> "), 0);
    EXPECT_NE(dot.find("  s0 -> s1;\n"), std::string::npos);
    EXPECT_NE(dot.find("s2 [label=\"failed\", shape=doublecircle]"), std::string::npos);
    machine.transitions.clear();
    machine.any = true;
    dot = machine_dot("runs", machine);
    EXPECT_EQ(count(dot, "[style=dashed]"), 4);
    EXPECT_EQ(count(dot, "s2 -> "), 0);
}

TEST(Dot, WithoutDeclaredWaysThereAreNone) {
    EXPECT_EQ(count(machine_dot("t", {{"a"}, {"b"}, {"c"}, {}, false}), " -> "), 1);
    EXPECT_EQ(count(machine_dot("t", {}), " -> "), 0);
}

TEST(Dot, ARetryHangsOnItsParent) {
    RunNode root{line("1", 1, "failed"), std::nullopt}, retry{line("2", 2, "queued"), 0};
    retry.run.reason = "manual \"retry\"";
    retry.run.is_current = true;
    RunNode voided{line("3", 2, "failed"), 0};
    voided.run.is_void = true;
    std::string dot = lineage_dot("lineage", {root, retry, voided});
    EXPECT_NE(dot.find("r1 [label=\"2\\nattempt 2: queued\", penwidth=3]"), std::string::npos);
    EXPECT_NE(dot.find("r0 -> r1 [label=\"manual \\\"retry\\\"\"]"), std::string::npos);
    EXPECT_EQ(count(dot, "style=dashed"), 2);
}

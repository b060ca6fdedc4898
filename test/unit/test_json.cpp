// Evidence as JSON: what stands in DETAIL and on the ledger must parse, whatever an application's ids hold.
#include <gtest/gtest.h>

#include "core/json.hpp"

using namespace retry_ledger::core;

TEST(Json, EachKindOfValue) {
    EXPECT_EQ(to_json({}), "{}");
    EXPECT_EQ(to_json({{"a", nullptr}}), R"({"a": null})");
    EXPECT_EQ(to_json({{"a", true}, {"b", false}}), R"({"a": true, "b": false})");
    EXPECT_EQ(to_json({{"n", std::int64_t{-9223372036854775807 - 1}}}), R"({"n": -9223372036854775808})");
    EXPECT_EQ(to_json({{"s", std::string("text")}}), R"({"s": "text"})");
    EXPECT_EQ(to_json({{"l", std::vector<std::string>{}}}), R"({"l": []})");
    EXPECT_EQ(to_json({{"l", std::vector<std::string>{"a", "b\""}}}), R"({"l": ["a", "b\""]})");
}

TEST(Json, KeepsTheOrderGiven) {
    EXPECT_EQ(to_json({{"z", std::int64_t{1}}, {"a", std::int64_t{2}}}), R"({"z": 1, "a": 2})");
}

TEST(Json, Escapes) {
    EXPECT_EQ(to_json({{"k\"", std::string("\"\\/")}}), R"({"k\"": "\"\\/"})");
    EXPECT_EQ(to_json({{"k", std::string("\n\t\r\b\x1f")}}), R"({"k": "\u000a\u0009\u000d\u0008\u001f"})");
    EXPECT_EQ(to_json({{"k", std::string("\0", 1)}}), R"({"k": "\u0000"})");
    EXPECT_EQ(to_json({{"k", std::string("ü€😀\x7f")}}), "{\"k\": \"ü€😀\x7f\"}");
}

// A string is closed by the first quote that isn't escaped: that must be its last byte, for every byte.
TEST(Json, NoByteEndsAString) {
    for (int c = 0; c < 256; c++) {
        std::string json = to_json({{"k", std::string(3, static_cast<char>(c))}});
        size_t i = 7;
        while (i < json.size() && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
        EXPECT_EQ(json.substr(i), "\"}") << "byte " << c;
    }
}

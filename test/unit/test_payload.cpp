// Payload templates.
#include <gtest/gtest.h>

#include "core/payload.hpp"

using namespace retry_ledger::core;
using Type = JsonNode::Type;

namespace {

JsonNode text(const std::string &value) {
    return {Type::string, value, {}};
}
JsonNode literal(const std::string &json) {
    return {Type::other, json, {}};
}
JsonNode object(std::vector<std::pair<std::string, JsonNode>> members) {
    return {Type::object, "", std::move(members)};
}
JsonNode array(std::vector<JsonNode> items) {
    JsonNode node{Type::array, "", {}};
    for (JsonNode &item : items) node.members.emplace_back("", std::move(item));
    return node;
}

std::string error_of(const JsonNode &document) {
    PayloadTemplate payload;
    return parse_payload(document, payload).value_or("none");
}

}  // namespace

TEST(Payload, HolesAreFilledAndTheRestStands) {
    PayloadTemplate payload;
    ASSERT_FALSE(parse_payload(
        object({{"prompt", object({{"$column", text("prompt")}})},
                {"tokens", literal("2000")},
                {"list", array({literal("true"), object({{"$work", text("job_id")}}), text("a\"b")})},
                {"avoid", object({{"$lineage", text("provider_id")}})},
                {"empty", array({})}}),
        payload));
    ASSERT_EQ(payload.holes.size(), 3U);
    EXPECT_EQ(payload.holes[0].kind, Hole::Kind::column);
    EXPECT_EQ(payload.holes[1].kind, Hole::Kind::work);
    EXPECT_EQ(payload.holes[2].name, "provider_id");
    EXPECT_EQ(
        fill_in(payload, {"\"Who?\"", "\"7\"", "[\"p\"]"}),
        R"({"prompt": "Who?", "tokens": 2000, "list": [true, "7", "a\"b"], "avoid": ["p"], "empty": []})");
}

TEST(Payload, NullsAndDefaults) {
    PayloadTemplate payload;
    ASSERT_FALSE(parse_payload(
        object({{"a", object({{"$column", text("a")}})},
                {"b", object({{"default", object({{"x", literal("1")}})}, {"$column", text("b")}})}}),
        payload));
    EXPECT_EQ(fill_in(payload, {std::nullopt, std::nullopt}), R"({"a": null, "b": {"x": 1}})");
    EXPECT_EQ(fill_in(payload, {"1", "2"}), R"({"a": 1, "b": 2})");
    EXPECT_EQ(fill_in(payload, {}), R"({"a": null, "b": {"x": 1}})");
}

TEST(Payload, WhatCantBeUsedIsRefused) {
    EXPECT_EQ(error_of(literal("1")), "it isn't a JSON object");
    EXPECT_EQ(error_of(array({})), "it isn't a JSON object");
    EXPECT_EQ(error_of(object({{"$column", text("a")}})), "it isn't a JSON object");
    EXPECT_NE(error_of(object({{"a", object({{"$other", text("a")}})}})), "none");
    EXPECT_NE(error_of(object({{"a", object({{"$column", text("a")}, {"$work", text("kind")}})}})), "none");
    EXPECT_NE(error_of(object({{"a", object({{"$column", text("a")}, {"more", text("b")}})}})), "none");
    EXPECT_NE(error_of(object({{"a", object({{"$column", literal("1")}})}})), "none");
    EXPECT_NE(error_of(object({{"a", object({{"$work", text("password")}})}})), "none");
    EXPECT_NE(error_of(object({{"a", array({object({{"$", text("a")}})})}})), "none");
    EXPECT_EQ(error_of(object({{"default", text("a")}})), "none");  // a word like any other
}

TEST(Payload, AllColumns) {
    EXPECT_EQ(fill_in(payload_of_columns({}), {}), "{}");
    EXPECT_EQ(fill_in(payload_of_columns({"a", "b\"c"}), {"1", std::nullopt}), R"({"a": 1, "b\"c": null})");
}

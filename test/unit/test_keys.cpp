// What a text can be the key of.  PostgreSQL's input functions have the last word; this one may be stricter
// (no hexadecimal, no underscores: PostgreSQL 16), never looser in a way that finds another run.
#include <gtest/gtest.h>

#include "core/keys.hpp"

using namespace retry_ledger::core;

TEST(Keys, Uuid) {
    const std::string good[] = {
        "9d5f5f49-0000-4000-8000-000000000000",    "9D5F5F49-0000-4000-8000-00000000ABCD",
        "9d5f5f49000040008000000000000000",        "{9d5f5f49-0000-4000-8000-000000000000}",
        "9d5f-5f49-0000-4000-8000-0000-0000-0000",
    };
    for (const std::string &text : good) EXPECT_TRUE(can_be_key(KeyType::uuid, text)) << text;
    const std::string bad[] = {"",
                               "{}",
                               "-",
                               "42",
                               "9d5f5f49-0000-4000-8000-00000000000",
                               "9d5f5f49-0000-4000-8000-0000000000000",
                               "9d5f5f49-0000-4000-8000-00000000000g",
                               "9d5f5f49--000040008000000000000000",
                               "9d5f5f49-0000-4000-8000-000000000000-",
                               "9d-5f5f49000040008000000000000000",
                               "{9d5f5f49-0000-4000-8000-000000000000",
                               " 9d5f5f49-0000-4000-8000-000000000000",
                               "ü"};
    for (const std::string &text : bad) EXPECT_FALSE(can_be_key(KeyType::uuid, text)) << text;
}

TEST(Keys, IntegersWithinTheirRange) {
    struct Case {
        KeyType type;
        const char *text;
        bool good;
    };
    const Case cases[] = {
        {KeyType::int2, "32767", true},
        {KeyType::int2, "32768", false},
        {KeyType::int2, "-32768", true},
        {KeyType::int4, "2147483647", true},
        {KeyType::int4, "2147483648", false},
        {KeyType::int8, "9223372036854775807", true},
        {KeyType::int8, "9223372036854775808", false},
        {KeyType::int8, "-9223372036854775808", true},
        {KeyType::int8, " 42 ", true},
        {KeyType::int8, "+42", true},
        {KeyType::int8, "0042", true},
        {KeyType::int8, "", false},
        {KeyType::int8, " ", false},
        {KeyType::int8, "+", false},
        {KeyType::int8, "-", false},
        {KeyType::int8, "4 2", false},
        {KeyType::int8, "42x", false},
        {KeyType::int8, "4.0", false},
        {KeyType::int8, "1e3", false},
        {KeyType::int8, "9d5f5f49-0000-4000-8000-000000000000", false},
    };
    for (const Case &c : cases) EXPECT_EQ(can_be_key(c.type, c.text), c.good) << c.text;
    EXPECT_FALSE(can_be_key(KeyType::int8, std::string(1 << 20, '9')));
}

TEST(Keys, TextIsAlwaysOne) {
    EXPECT_TRUE(can_be_key(KeyType::text, ""));
    EXPECT_TRUE(can_be_key(KeyType::text, "anything at all"));
}

TEST(Keys, ShortenedCutsBetweenCharacters) {
    EXPECT_EQ(shortened(""), "");
    EXPECT_EQ(shortened(std::string(100, 'x')), std::string(100, 'x'));
    EXPECT_EQ(shortened(std::string(101, 'x')), std::string(100, 'x') + "...");
    for (size_t before = 0; before < 8; before++) {
        std::string text(before, 'x');
        while (text.size() < 200) text += "😀";
        std::string cut = shortened(text);
        ASSERT_GE(cut.size(), 3u);
        ASSERT_LE(cut.size(), 103u);
        EXPECT_EQ((cut.size() - 3 - before) % 4, 0u);
        EXPECT_EQ(text.rfind(cut.substr(0, cut.size() - 3), 0), 0u);
    }
}

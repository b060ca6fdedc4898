// Canonical bytes.  Hashes can't be had afterwards: a change here is a change of format, and needs a new
// version.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/canonical.hpp"
#include "core/policy.hpp"

using namespace retry_ledger::core;

namespace {

std::string float64(double value) {
    std::string bytes(8, '\0');
    put_float64(bytes.data(), value);
    return bytes;
}

std::string hex(const std::string &bytes) {
    std::string out;
    for (unsigned char c : bytes) {
        out += "0123456789abcdef"[c >> 4];
        out += "0123456789abcdef"[c & 15];
    }
    return out;
}

std::string encode(std::vector<Field> fields, std::string_view domain = "d", std::uint32_t version = 1) {
    return canonical_bytes(domain, version, fields);
}

// Reads canonical bytes back: that they can be read back is what makes them unambiguous.
class Reader {
public:
    explicit Reader(const std::string &bytes) : bytes_(bytes) {}
    std::uint64_t number(int width) {
        std::uint64_t value = 0;
        for (int i = 0; i < width; i++) value = value << 8 | static_cast<unsigned char>(bytes_.at(at_++));
        return value;
    }
    std::string text(std::uint64_t size) {
        std::string text = bytes_.substr(at_, size);
        EXPECT_EQ(text.size(), size);
        at_ += size;
        return text;
    }
    bool at_end() const { return at_ == bytes_.size(); }

private:
    const std::string &bytes_;
    size_t at_ = 0;
};

std::vector<Field> decode(const std::string &bytes, std::string *domain, std::uint32_t *version) {
    Reader reader(bytes);
    *domain = reader.text(reader.number(4));
    *version = static_cast<std::uint32_t>(reader.number(4));
    std::vector<Field> fields;
    while (!reader.at_end()) {
        Field field;
        field.name = reader.text(reader.number(4));
        field.tag = static_cast<Tag>(reader.number(1));
        field.value = reader.text(reader.number(8));
        fields.push_back(field);
    }
    return fields;
}

}  // namespace

TEST(Canonical, Numbers) {
    EXPECT_EQ(hex(encode_int64(0)), "0000000000000000");
    EXPECT_EQ(hex(encode_int64(1)), "0000000000000001");
    EXPECT_EQ(hex(encode_int64(-1)), "ffffffffffffffff");
    EXPECT_EQ(hex(encode_int64(0x0102030405060708)), "0102030405060708");
    EXPECT_EQ(hex(float64(1.0)), "3ff0000000000000");
    EXPECT_EQ(hex(float64(-0.0)), "8000000000000000");
}

TEST(Canonical, Lists) {
    EXPECT_EQ(hex(encode_list({})), "00000000");
    EXPECT_EQ(hex(encode_list({"a", "", "bc"})),
              "00000003"
              "0000000161"
              "00000000"
              "000000026263");
    EXPECT_NE(encode_list({"ab", "c"}), encode_list({"a", "bc"}));
    EXPECT_NE(encode_list({}), encode_list({""}));
}

TEST(Canonical, Layout) {
    EXPECT_EQ(hex(encode({{"n", Tag::integer, encode_int64(7)}, {"a", Tag::text, "x"}})),
              "0000000164"
              "00000001"
              "0000000161"
              "74"
              "0000000000000001"
              "78"
              "000000016e"
              "69"
              "0000000000000008"
              "0000000000000007");
    EXPECT_EQ(hex(encode({})), "000000016400000001");
}

TEST(Canonical, EverythingCounts) {
    std::string base = encode({{"a", Tag::text, "x"}});
    EXPECT_NE(base, encode({{"b", Tag::text, "x"}}));
    EXPECT_NE(base, encode({{"a", Tag::bytes, "x"}}));
    EXPECT_NE(base, encode({{"a", Tag::text, "y"}}));
    EXPECT_NE(base, encode({{"a", Tag::text, ""}}));
    EXPECT_NE(base, encode({}));
    EXPECT_NE(base, encode({{"a", Tag::text, "x"}}, "e"));
    EXPECT_NE(base, encode({{"a", Tag::text, "x"}}, "d", 2));
}

TEST(Canonical, TheOrderInWhichFieldsAreGivenDoesNot) {
    std::mt19937 random(1);
    std::vector<Field> fields;
    for (char c = 'a'; c <= 'z'; c++) fields.push_back({std::string(1, c), Tag::text, std::string(3, c)});
    fields.push_back({"Ä", Tag::text, ""});
    std::string expected = encode(fields);
    for (int round = 0; round < 50; round++) {
        std::shuffle(fields.begin(), fields.end(), random);
        EXPECT_EQ(encode(fields), expected);
    }
}

TEST(Canonical, RandomFieldsCanBeReadBack) {
    std::mt19937 random(2);
    auto bytes = [&](size_t limit) {
        std::string out(random() % (limit + 1), '\0');
        for (char &c : out) c = static_cast<char>(random());
        return out;
    };
    const Tag tags[] = {Tag::boolean, Tag::integer, Tag::text, Tag::bytes, Tag::json, Tag::list, Tag::other};
    for (int round = 0; round < 500; round++) {
        std::vector<Field> fields;
        for (unsigned i = 0, n = random() % 8; i < n; i++)
            fields.push_back({bytes(6) + static_cast<char>('a' + i), tags[random() % 7], bytes(40)});
        std::string domain = bytes(10), read_domain;
        auto version = static_cast<std::uint32_t>(random());
        std::uint32_t read_version;
        std::vector<Field> read =
            decode(canonical_bytes(domain, version, fields), &read_domain, &read_version);
        EXPECT_EQ(read_domain, domain);
        EXPECT_EQ(read_version, version);
        ASSERT_EQ(read.size(), fields.size());
        std::sort(fields.begin(), fields.end(),
                  [](const Field &a, const Field &b) { return a.name < b.name; });
        for (size_t i = 0; i < read.size(); i++) {
            EXPECT_EQ(read[i].name, fields[i].name);
            EXPECT_EQ(read[i].tag, fields[i].tag);
            EXPECT_EQ(read[i].value, fields[i].value);
            EXPECT_TRUE(i == 0 || read[i - 1].name < read[i].name);
        }
    }
}

TEST(Policy, BytesOfTheBuiltInOne) {
    EXPECT_EQ(hex(canonical_bytes(Policy{})),
              hex(encode({{"max_attempts", Tag::integer, encode_int64(3)},
                          {"retryable_statuses", Tag::list, encode_list({"failed"})}},
                         "retry_ledger.policy")));
}

TEST(Policy, ListsAreSets) {
    Policy a, b;
    a.retryable_statuses = {"failed", "error", "failed"};
    b.retryable_statuses = {"error", "failed"};
    EXPECT_EQ(canonical_bytes(a), canonical_bytes(b));
    b.retryable_statuses = {"error"};
    EXPECT_NE(canonical_bytes(a), canonical_bytes(b));
}

TEST(Policy, NoListIsNotAnEmptyList) {
    Policy anybody, nobody, alice;
    nobody.retry_roles.emplace();
    alice.retry_roles = {"alice"};
    EXPECT_NE(canonical_bytes(anybody), canonical_bytes(nobody));
    EXPECT_NE(canonical_bytes(alice), canonical_bytes(nobody));
    Policy overrides;
    overrides.override_roles = {"alice"};
    EXPECT_NE(canonical_bytes(alice), canonical_bytes(overrides));
}

// Which profiles a retry may have, and to which it falls back.
#include <gtest/gtest.h>

#include "core/decision.hpp"

using namespace retry_ledger::core;

namespace {

Policy policy() {
    Policy policy;
    policy.profile_column = "model";
    policy.profiles = {"small", "medium"};
    policy.tenant_profiles["acme"] = {"large"};
    policy.profile_fallback = {"large", "medium"};
    return policy;
}

bool allowed(const std::string &profile, const std::optional<std::string> &tenant) {
    return !decide_profile(profile, tenant, "1", "t", policy());
}

}  // namespace

TEST(Profiles, ATenantsOwnListTakesThePlaceOfThePolicys) {
    EXPECT_TRUE(allowed("small", "other"));
    EXPECT_TRUE(allowed("small", std::nullopt));
    EXPECT_FALSE(allowed("large", "other"));
    EXPECT_TRUE(allowed("large", "acme"));
    EXPECT_FALSE(allowed("small", "acme"));
}

TEST(Profiles, TheFirstFallbackThatIsAllowed) {
    EXPECT_EQ(fallback_profile("huge", "acme", policy()), "large");
    EXPECT_EQ(fallback_profile("huge", "other", policy()), "medium");
    EXPECT_FALSE(fallback_profile("small", "other", policy()));
    EXPECT_FALSE(fallback_profile(std::nullopt, "other", policy()));
    Policy none = policy();
    none.profile_fallback = {"tiny"};
    EXPECT_FALSE(fallback_profile("huge", "acme", none));
}

TEST(Profiles, EachSettingChangesTheHash) {
    Policy plain = policy(), changed = policy();
    changed.tenant_profiles["acme"] = {"large", "huge"};
    EXPECT_NE(canonical_bytes(plain), canonical_bytes(changed));
    changed = policy();
    changed.profile_fallback = {"medium", "large"};
    EXPECT_NE(canonical_bytes(plain), canonical_bytes(changed));
    changed = policy();
    changed.audit_transitions = true;
    EXPECT_NE(canonical_bytes(plain), canonical_bytes(changed));
}

#include "core/policy.hpp"

#include <algorithm>
#include <cmath>

#include "core/canonical.hpp"
#include "core/failure_rules.hpp"

namespace retry_ledger::core {

namespace {

// A list of rules is a set: its order doesn't change the hash.
std::string encode_set(std::vector<std::string> items) {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return encode_list(items);
}

// Fields that are as they are by default are left out: a setting that comes later changes no hash.
class Fields {
public:
    void set(const char *name, const std::optional<std::vector<std::string>> &items) {
        if (items) fields_.push_back({name, Tag::list, encode_set(*items)});
    }
    void number(const char *name, std::optional<std::int64_t> value, std::int64_t unsaid) {
        if (value && *value != unsaid) fields_.push_back({name, Tag::integer, encode_int64(*value)});
    }
    void text(const char *name, const std::optional<std::string> &value) {
        if (value) fields_.push_back({name, Tag::text, *value});
    }
    void rules(const char *name, const std::vector<FailureRule> &rules) {
        std::vector<std::string> items;
        for (const FailureRule &rule : rules) {
            items.push_back(rule.pattern);
            items.push_back(rule.failure_class);
        }
        if (!items.empty()) fields_.push_back({name, Tag::list, encode_list(items)});
    }
    // A tenant, then its list as one item, for each tenant in byte order.
    void tenant_profiles(const std::map<std::string, std::vector<std::string>> &lists) {
        std::vector<std::string> items;
        for (const auto &[tenant, profiles] : lists) {
            items.push_back(tenant);
            items.push_back(encode_list(profiles));
        }
        if (!items.empty()) fields_.push_back({"tenant_profiles", Tag::list, encode_list(items)});
    }
    std::vector<Field> &all() { return fields_; }

private:
    std::vector<Field> fields_;
};

}  // namespace

std::string canonical_bytes(const Policy &policy) {
    const Policy unsaid;
    Fields fields;
    fields.number("max_attempts", policy.max_attempts, -1);
    fields.set("retryable_statuses", policy.retryable_statuses);
    fields.set("retry_roles", policy.retry_roles);
    fields.set("override_roles", policy.override_roles);
    fields.set("failure_classes", policy.failure_classes);
    fields.rules("failure_rules", policy.failure_rules);
    if (policy.failure_classes) fields.number("builtin_failure_rules", builtin_rules_version, -1);
    fields.text("profile_column", policy.profile_column);
    if (policy.profile_column) fields.all().push_back({"profiles", Tag::list, encode_list(policy.profiles)});
    fields.tenant_profiles(policy.tenant_profiles);
    if (!policy.profile_fallback.empty())
        fields.all().push_back({"profile_fallback", Tag::list, encode_list(policy.profile_fallback)});
    fields.number("audit_transitions", policy.audit_transitions, 0);
    fields.set("override_columns", policy.override_columns);
    fields.number("backoff_base", policy.backoff.base, 0);
    fields.number("backoff_factor", policy.backoff.factor, unsaid.backoff.factor);
    fields.number("backoff_cap", policy.backoff.cap, -1);
    fields.number("backoff_jitter", policy.backoff.jitter, 0);
    fields.number("deadline", policy.deadline, -1);
    fields.number("retries_per_root", policy.retries_per_root, -1);
    fields.number("retries_per_tenant", policy.retries_per_tenant, -1);
    fields.number("tenant_window", policy.tenant_window, unsaid.tenant_window);
    if (policy.environment != unsaid.environment) fields.text("environment", policy.environment);
    fields.text("max_attempts_column", policy.max_attempts_column);
    fields.number("price", policy.price, -1);
    fields.text("price_column", policy.price_column);
    fields.text("price_function", policy.price_function);
    fields.text("charge_function", policy.charge_function);
    fields.text("refund_function", policy.refund_function);
    return canonical_bytes("retry_ledger.policy", 1, fields.all());
}

std::int64_t backoff_delay(const Backoff &backoff, int attempt, double chance) {
    constexpr double century = 100.0 * 365 * 86400e6;
    double delay =
        static_cast<double>(backoff.base) * std::pow(backoff.factor / 1000.0, std::max(0, attempt - 2));
    delay = std::min(delay, backoff.cap ? static_cast<double>(*backoff.cap) : century);
    delay *= 1 - backoff.jitter / 1000.0 * std::clamp(chance, 0.0, 1.0);
    return static_cast<std::int64_t>(std::min(delay, century));
}

std::vector<std::string> columns_of(const Policy &policy) {
    std::vector<std::string> columns = policy.override_columns.value_or(std::vector<std::string>{});
    for (const auto &column : {policy.profile_column, policy.price_column, policy.max_attempts_column})
        if (column) columns.push_back(*column);
    return columns;
}

}  // namespace retry_ledger::core

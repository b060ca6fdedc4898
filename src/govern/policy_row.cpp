#include "govern/policy_row.hpp"

#include "core/json.hpp"
#include "work/queue.hpp"

namespace retry_ledger::govern {

namespace {

// Reads column after column.
class Reader {
public:
    Reader(const pg::Rows &rows, uint64 row, int column) : rows_(rows), row_(row), column_(column) {}

    std::optional<std::int64_t> number() {
        int column = column_++;
        if (rows_.is_null(row_, column)) return std::nullopt;
        return rows_.integer(row_, column);
    }
    std::optional<int> small() {
        auto value = number();
        if (!value) return std::nullopt;
        return static_cast<int>(*value);
    }
    std::optional<std::string> text() { return rows_.text(row_, column_++); }
    std::optional<std::vector<std::string>> list() {
        int column = column_++;
        if (rows_.is_null(row_, column)) return std::nullopt;
        return rows_.array(row_, column);
    }

    std::optional<core::JsonNode> json() {
        bool null;
        Datum value = rows_.value(row_, column_++, &null);
        if (null) return std::nullopt;
        return work::json_tree(value);
    }
    bool boolean() { return rows_.boolean(row_, column_++); }

private:
    const pg::Rows &rows_;
    uint64 row_;
    int column_;
};

pg::Param list_param(const std::optional<std::vector<std::string>> &items) {
    if (items) return pg::text_array_param(*items);
    return {TEXTARRAYOID, Datum(0), true};
}

pg::Param number_param(std::optional<std::int64_t> value) {
    return {INT8OID, pg::pg_call([&] { return Int64GetDatum(value.value_or(0)); }), !value};
}

pg::Param small_param(std::optional<int> value) {
    return {INT4OID, Int32GetDatum(value.value_or(0)), !value};
}

using ProfileLists = std::map<std::string, std::vector<std::string>>;

std::string to_json(const ProfileLists &lists) {
    core::Evidence members;
    for (const auto &[tenant, profiles] : lists) members.push_back({tenant, profiles});
    return core::to_json(members);
}

}  // namespace

ProfileLists profile_lists(const core::JsonNode &object) {
    ProfileLists lists;
    for (const auto &[tenant, profiles] : object.members)
        for (const auto &[name, profile] : profiles.members) lists[tenant].push_back(profile.text);
    return lists;
}

// Intervals are kept as microseconds: the hash is made of numbers.
const char *const policy_columns =
    "max_attempts, retryable_statuses, retry_roles, override_roles, failure_classes, failure_patterns,"
    " failure_pattern_classes, profile_column, profiles, override_columns, backoff_base_us,"
    " backoff_factor_thousandths, backoff_cap_us, backoff_jitter_thousandths, deadline_us, retries_per_root,"
    " retries_per_tenant, tenant_window_us, environment, max_attempts_column, price, price_column,"
    " price_function, charge_function, refund_function, tenant_profiles, profile_fallback, audit_transitions";

core::Policy policy_from(const pg::Rows &rows, uint64 row, int column) {
    Reader reader(rows, row, column);
    core::Policy policy;
    policy.max_attempts = reader.small().value_or(policy.max_attempts);
    policy.retryable_statuses = reader.list().value_or(std::vector<std::string>{});
    policy.retry_roles = reader.list();
    policy.override_roles = reader.list();
    policy.failure_classes = reader.list();
    auto patterns = reader.list().value_or(std::vector<std::string>{});
    auto classes = reader.list().value_or(std::vector<std::string>{});
    for (size_t i = 0; i < patterns.size() && i < classes.size(); i++)
        policy.failure_rules.push_back({patterns[i], classes[i]});
    policy.profile_column = reader.text();
    policy.profiles = reader.list().value_or(std::vector<std::string>{});
    policy.override_columns = reader.list();
    policy.backoff.base = reader.number().value_or(0);
    policy.backoff.factor = reader.number().value_or(policy.backoff.factor);
    policy.backoff.cap = reader.number();
    policy.backoff.jitter = reader.number().value_or(0);
    policy.deadline = reader.number();
    policy.retries_per_root = reader.small();
    policy.retries_per_tenant = reader.small();
    policy.tenant_window = reader.number().value_or(policy.tenant_window);
    policy.environment = reader.text().value_or(policy.environment);
    policy.max_attempts_column = reader.text();
    policy.price = reader.number();
    policy.price_column = reader.text();
    policy.price_function = reader.text();
    policy.charge_function = reader.text();
    policy.refund_function = reader.text();
    if (auto lists = reader.json()) policy.tenant_profiles = profile_lists(*lists);
    policy.profile_fallback = reader.list().value_or(std::vector<std::string>{});
    policy.audit_transitions = reader.boolean();
    return policy;
}

std::vector<pg::Param> policy_params(const core::Policy &policy) {
    std::vector<std::string> patterns, classes;
    for (const core::FailureRule &rule : policy.failure_rules) {
        patterns.push_back(rule.pattern);
        classes.push_back(rule.failure_class);
    }
    return {small_param(policy.max_attempts),
            pg::text_array_param(policy.retryable_statuses),
            list_param(policy.retry_roles),
            list_param(policy.override_roles),
            list_param(policy.failure_classes),
            pg::text_array_param(patterns),
            pg::text_array_param(classes),
            pg::text_param(policy.profile_column),
            pg::text_array_param(policy.profiles),
            list_param(policy.override_columns),
            number_param(policy.backoff.base),
            number_param(policy.backoff.factor),
            number_param(policy.backoff.cap),
            number_param(policy.backoff.jitter),
            number_param(policy.deadline),
            small_param(policy.retries_per_root),
            small_param(policy.retries_per_tenant),
            number_param(policy.tenant_window),
            pg::text_param(policy.environment),
            pg::text_param(policy.max_attempts_column),
            number_param(policy.price),
            pg::text_param(policy.price_column),
            pg::text_param(policy.price_function),
            pg::text_param(policy.charge_function),
            pg::text_param(policy.refund_function),
            pg::jsonb_param(policy.tenant_profiles.empty() ? std::nullopt
                                                           : std::optional(to_json(policy.tenant_profiles))),
            policy.profile_fallback.empty() ? list_param(std::nullopt)
                                            : pg::text_array_param(policy.profile_fallback),
            pg::bool_param(policy.audit_transitions)};
}

}  // namespace retry_ledger::govern

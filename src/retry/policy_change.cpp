#include "retry/policy_change.hpp"

#include <algorithm>
#include <cmath>

#include "core/credits.hpp"
#include "core/keys.hpp"
#include "govern/policy_row.hpp"
#include "pg/application.hpp"
#include "pg/subtransaction.hpp"
#include "retry/failure.hpp"
#include "work/queue.hpp"

namespace retry_ledger::retry {

namespace {

using core::Policy;
using govern::Governed;
using Names = std::vector<std::string>;

[[noreturn]] void refuse(const std::string &message, core::Evidence evidence, const std::string &hint) {
    throw pg::to_error(core::Refusal{core::Token::invalid_policy, message, std::move(evidence), hint});
}

// ---- arguments ---------------------------------------------------------------------------------------

// In the order of set_retry_policy's arguments.
enum Argument {
    arg_max_attempts = 1,
    arg_retryable_statuses,
    arg_retry_roles,
    arg_override_roles,
    arg_reason,
    arg_failure_classes,
    arg_profile_column,
    arg_profiles,
    arg_override_columns,
    arg_backoff_base,
    arg_backoff_factor,
    arg_backoff_cap,
    arg_backoff_jitter,
    arg_deadline,
    arg_retries_per_root,
    arg_retries_per_tenant,
    arg_tenant_window,
    arg_environment,
    arg_clear,
    arg_price,
    arg_price_column,
    arg_price_function,
    arg_charge_function,
    arg_refund_function,
    arg_max_attempts_column,
    arg_tenant_profiles,
    arg_profile_fallback,
    arg_audit_transitions,
};

std::optional<std::int64_t> bigint_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return PG_GETARG_INT64(index);
}

std::optional<int> int_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return PG_GETARG_INT32(index);
}

// Microseconds.  A month has no fixed length, so none is taken.
std::optional<std::int64_t> interval_argument(FunctionCallInfo fcinfo, int index, const char *name) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    const Interval *interval = pg::pg_call([&] { return PG_GETARG_INTERVAL_P(index); });
    constexpr std::int64_t most = std::int64_t{100} * 366 * USECS_PER_DAY;
    if (interval->month != 0 || interval->day < 0 || interval->time < 0 || interval->day > 100 * 366 ||
        interval->time > most)
        refuse(core::format("{} isn't a length of time that can be used", name), {},
               "Name it in days, hours, minutes or seconds; it can't be negative or longer than a century.");
    return interval->day * USECS_PER_DAY + interval->time;
}

std::optional<std::int64_t> thousandths_argument(FunctionCallInfo fcinfo, int index, const char *name,
                                                 double least, double most) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    double value = PG_GETARG_FLOAT8(index);
    if (!(value >= least && value <= most))
        refuse(core::format("{} may be {:g} to {:g}", name, least, most), {},
               "Three digits after the point count.");
    return std::llround(value * 1000);
}

template <class T, class V>
void set(T &field, const std::optional<V> &value) {
    if (value) field = *value;
}

// ---- checks ------------------------------------------------------------------------------------------

void check_max_attempts(int value) {
    if (value < core::min_max_attempts || value > core::max_max_attempts)
        refuse(core::format("max_attempts is {} and may be {} to {}", value, core::min_max_attempts,
                            core::max_max_attempts),
               {{"max_attempts", std::int64_t{value}}}, "It counts retries; the original run doesn't count.");
}

void check_statuses(const Names &statuses, const Governed *table) {
    if (statuses.empty())
        refuse("retryable_statuses is empty", {}, "Name at least one ended status, such as 'failed'.");
    for (const std::string &status : statuses)
        if (table != nullptr && !table->ended.contains(status))
            refuse(core::format("\"{}\" is not an ended status of {}", core::shortened(status),
                                table->table_name.view()),
                   {{"status", core::shortened(status)}, {"ended_statuses", table->ended.strings()}},
                   "Only a run that has ended can be retried.");
}

void check_roles(const std::optional<Names> &roles) {
    for (const std::string &role : roles.value_or(Names{})) {
        bool exists =
            role == "public" || pg::pg_call([&] { return OidIsValid(get_role_oid(role.c_str(), true)); });
        if (!exists)
            refuse(core::format("role \"{}\" does not exist", core::shortened(role)),
                   {{"role", core::shortened(role)}},
                   "Roles are named as in pg_roles; 'public' means everybody.");
    }
}

void check_failure_classes(const Policy &policy, const Governed *table) {
    if (!policy.failure_classes) return;
    if (policy.failure_classes->empty())
        refuse("failure_classes is empty", {},
               "Name at least one class; clear => '{failure_classes}' stops looking at them.");
    if (table != nullptr && !table->error)
        refuse(
            core::format("{} has no error column to tell a failure's class from", table->table_name.view()),
            {{"run_table", table->table_name.string()}}, "Map one: govern_runs(..., error_column => '...').");
}

void check_columns(const Policy &policy, const Governed *table) {
    const Names columns = core::columns_of(policy);
    if (columns.empty()) return;
    if (table == nullptr)
        refuse("the default policy names columns", {}, "Columns belong to the policy of one table.");
    for (const std::string &column : columns)
        if (!table->inputs.contains(column))
            refuse(core::format("\"{}\" is not an input column of {}", core::shortened(column),
                                table->table_name.view()),
                   {{"column", core::shortened(column)}, {"input_columns", table->inputs.strings()}},
                   "A retry carries the input columns over: see governed_tables.input_columns.");
    if (policy.profile_column && policy.profiles.empty())
        refuse("no profile is allowed", {}, "Pass profiles => '{...}' with profile_column.");
}

// {tenant: [profile, ...]}: each tenant named has at least one.
void read_tenant_profiles(FunctionCallInfo fcinfo, Policy &policy) {
    if (PG_ARGISNULL(arg_tenant_profiles)) return;
    core::JsonNode document = work::json_tree(PG_GETARG_DATUM(arg_tenant_profiles));
    using Type = core::JsonNode::Type;
    bool fits = document.type == Type::object;
    for (const auto &[tenant, profiles] : document.members) {
        fits = fits && profiles.type == Type::array && !profiles.members.empty();
        for (const auto &[name, profile] : profiles.members) fits = fits && profile.type == Type::string;
    }
    if (!fits)
        refuse("tenant_profiles isn't an object of lists", {},
               "Pass an object of tenants and their profiles: '{\"acme\": [\"large\"]}'; '{}' for none.");
    policy.tenant_profiles = govern::profile_lists(document);
}

void check_integer_column(const std::optional<std::string> &column, const Governed *table) {
    if (!column) return;
    Oid type = pg::pg_call(
        [&] { return getBaseType(get_atttype(table->root, get_attnum(table->root, column->c_str()))); });
    if (type != INT2OID && type != INT4OID && type != INT8OID)
        refuse(core::format("column \"{}\" of {} isn't an integer", core::shortened(*column),
                            table->table_name.view()),
               {{"column", core::shortened(*column)}}, "Prices and limits are smallint, integer or bigint.");
}

// ---- price and billing -------------------------------------------------------------------------------

// A new price takes the place of the one in force, whichever way that was told.
void read_price(FunctionCallInfo fcinfo, Policy &policy) {
    auto price = bigint_argument(fcinfo, arg_price);
    auto column = pg::text_argument(fcinfo, arg_price_column);
    auto function = pg::text_argument(fcinfo, arg_price_function);
    int given = price.has_value() + column.has_value() + function.has_value();
    if (given > 1)
        refuse("more than one price is given", {}, "Pass one of price, price_column and price_function.");
    if (price && (*price < 1 || *price > core::max_credits))
        refuse(core::format("price is {} and may be 1 to {}", *price, core::max_credits), {{"price", *price}},
               "It is in credits per retry; clear => '{price}' makes retries free.");
    if (given == 0) return;
    policy.price = price;
    policy.price_column = column;
    policy.price_function = function;
}

struct FunctionShape {
    Oid result;
    char volatility;
    bool executable;  // by the table's owner
};

FunctionShape shape_of(Oid function, const Governed *table) {
    std::optional<Oid> owner;
    if (table != nullptr) owner = pg::owner_of(table->root);
    return pg::pg_call([&] {
        return FunctionShape{get_func_rettype(function), func_volatile(function),
                             !owner || pg::compat::may_execute(function, *owner)};
    });
}

// A text that can't be the name of a function raises, up to PostgreSQL 15.
std::optional<Oid> find_function(const std::string &name) {
    std::optional<Oid> function;
    auto failure =
        pg::try_in_subtransaction(pg::AtEnd::commit, [&] { function = pg::find_application_function(name); });
    if (!failure) return function;
    for (int known : {ERRCODE_SYNTAX_ERROR, ERRCODE_INVALID_TEXT_REPRESENTATION})
        if (ERRCODE_TO_CATEGORY(failure->sqlstate) == ERRCODE_TO_CATEGORY(known)) return std::nullopt;
    throw *failure;
}

// As its signature, if it is a function of the application that can be used so.
FunctionShape check_function(std::string &name, const char *argument, const Governed *table) {
    std::optional<Oid> function = find_function(name);
    if (!function)
        refuse(core::format("{}: there is no function {} of one jsonb", argument, core::shortened(name)),
               {{"function", core::shortened(name)}}, "Name it with its schema: 'app.f(jsonb)'.");
    FunctionShape shape = shape_of(*function, table);
    name = pg::signature_of(*function);
    if (!shape.executable)
        refuse(
            core::format("{}: the owner of {} may not execute {}", argument, table->table_name.view(), name),
            {{"function", name}}, "It runs as the table's owner: GRANT EXECUTE to that role.");
    return shape;
}

void check_price_function(std::string &name, const Governed *table) {
    FunctionShape shape = check_function(name, "price_function", table);
    if (shape.result != INT2OID && shape.result != INT4OID && shape.result != INT8OID)
        refuse(core::format("{} doesn't return an integer", name), {{"function", name}},
               "It returns the credits of one retry as smallint, integer or bigint.");
    if (shape.volatility == PROVOLATILE_VOLATILE)
        refuse(core::format("{} is volatile", name), {{"function", name}},
               "A plan asks for the price too, and changes nothing: declare the function STABLE.");
}

// Functions are looked for where they are given: those in force may have been dropped since.
void check_price(FunctionCallInfo fcinfo, Policy &policy, const Governed *table) {
    if (policy.charge_function && !policy.has_price())
        refuse("charge_function without a price", {},
               "Pass price, price_column or price_function: billing is told how much.");
    if (policy.charge_function.has_value() != policy.refund_function.has_value())
        refuse("charge_function and refund_function belong together", {},
               "Pass both: what your billing has charged, it must be able to give back.");
    check_integer_column(policy.price_column, table);
    check_integer_column(policy.max_attempts_column, table);
    if (!PG_ARGISNULL(arg_price_function)) check_price_function(*policy.price_function, table);
    if (!PG_ARGISNULL(arg_charge_function))
        (void)check_function(*policy.charge_function, "charge_function", table);
    if (!PG_ARGISNULL(arg_refund_function))
        (void)check_function(*policy.refund_function, "refund_function", table);
}

void check_budgets(const Policy &policy) {
    for (auto budget : {policy.retries_per_root, policy.retries_per_tenant})
        if (budget && *budget < 1)
            refuse(core::format("a budget of {} retries allows none", *budget), {},
                   "A budget is 1 or more; clear => '{retries_per_tenant}' removes it.");
    if (policy.tenant_window <= 0)
        refuse("tenant_window is empty", {}, "Pass a length of time, such as '1 day'.");
}

void check_environment(const std::string &environment) {
    if (environment != "prod" && environment != "staging")
        refuse(core::format("environment \"{}\" is unknown", core::shortened(environment)), {},
               "It is prod or staging.");
}

// ---- clearing ----------------------------------------------------------------------------------------

void clear_profiles(Policy &policy) {
    policy.profile_column.reset();
    policy.profiles.clear();
    policy.tenant_profiles.clear();
    policy.profile_fallback.clear();
}

void clear_setting(Policy &policy, const std::string &name) {
    const Policy unsaid;
    if (name == "retry_roles")
        policy.retry_roles.reset();
    else if (name == "override_roles")
        policy.override_roles.reset();
    else if (name == "failure_classes")
        policy.failure_classes.reset();
    else if (name == "failure_rules")
        policy.failure_rules.clear();
    else if (name == "profiles")
        clear_profiles(policy);
    else if (name == "override_columns")
        policy.override_columns.reset();
    else if (name == "backoff")
        policy.backoff = unsaid.backoff;
    else if (name == "deadline")
        policy.deadline.reset();
    else if (name == "retries_per_root")
        policy.retries_per_root.reset();
    else if (name == "retries_per_tenant")
        policy.retries_per_tenant.reset();
    else if (name == "max_attempts_column")
        policy.max_attempts_column.reset();
    else if (name == "price")
        policy.price.reset(), policy.price_column.reset(), policy.price_function.reset();
    else if (name == "billing")
        policy.charge_function.reset(), policy.refund_function.reset();
    else
        refuse(
            core::format("\"{}\" can't be cleared", core::shortened(name)), {},
            "These can: retry_roles, override_roles, failure_classes, failure_rules, profiles, "
            "override_columns, "
            "backoff, deadline, retries_per_root, retries_per_tenant, max_attempts_column, price, billing.");
}

void read_lists(FunctionCallInfo fcinfo, Policy &policy) {
    auto list = [&](int index) { return pg::array_argument(fcinfo, index, TEXTOID); };
    set(policy.retryable_statuses, list(arg_retryable_statuses));
    set(policy.retry_roles, list(arg_retry_roles));
    set(policy.override_roles, list(arg_override_roles));
    set(policy.failure_classes, list(arg_failure_classes));
    set(policy.profile_column, pg::text_argument(fcinfo, arg_profile_column));
    set(policy.profiles, list(arg_profiles));
    set(policy.override_columns, list(arg_override_columns));
    set(policy.environment, pg::text_argument(fcinfo, arg_environment));
    set(policy.max_attempts_column, pg::text_argument(fcinfo, arg_max_attempts_column));
    set(policy.charge_function, pg::text_argument(fcinfo, arg_charge_function));
    set(policy.refund_function, pg::text_argument(fcinfo, arg_refund_function));
    set(policy.profile_fallback, list(arg_profile_fallback));
    read_tenant_profiles(fcinfo, policy);
    if (!PG_ARGISNULL(arg_audit_transitions))
        policy.audit_transitions = PG_GETARG_BOOL(arg_audit_transitions);
}

void read_numbers(FunctionCallInfo fcinfo, Policy &policy) {
    set(policy.max_attempts, int_argument(fcinfo, arg_max_attempts));
    set(policy.backoff.base, interval_argument(fcinfo, arg_backoff_base, "backoff_base"));
    set(policy.backoff.factor, thousandths_argument(fcinfo, arg_backoff_factor, "backoff_factor", 1, 100));
    set(policy.backoff.cap, interval_argument(fcinfo, arg_backoff_cap, "backoff_cap"));
    set(policy.backoff.jitter, thousandths_argument(fcinfo, arg_backoff_jitter, "backoff_jitter", 0, 1));
    set(policy.deadline, interval_argument(fcinfo, arg_deadline, "deadline"));
    set(policy.retries_per_root, int_argument(fcinfo, arg_retries_per_root));
    set(policy.retries_per_tenant, int_argument(fcinfo, arg_retries_per_tenant));
    set(policy.tenant_window, interval_argument(fcinfo, arg_tenant_window, "tenant_window"));
}

}  // namespace

Policy changed_policy(FunctionCallInfo fcinfo, Policy policy, const Governed *table) {
    for (const std::string &name : pg::array_argument(fcinfo, arg_clear, TEXTOID).value_or(Names{}))
        clear_setting(policy, name);
    read_lists(fcinfo, policy);
    read_numbers(fcinfo, policy);
    read_price(fcinfo, policy);
    check_max_attempts(policy.max_attempts);
    if (!PG_ARGISNULL(arg_retryable_statuses) || table == nullptr)
        check_statuses(policy.retryable_statuses, table);
    if (!PG_ARGISNULL(arg_retry_roles)) check_roles(policy.retry_roles);
    if (!PG_ARGISNULL(arg_override_roles)) check_roles(policy.override_roles);
    check_failure_classes(policy, table);
    check_columns(policy, table);
    check_price(fcinfo, policy, table);
    check_budgets(policy);
    check_environment(policy.environment);
    return policy;
}

Policy with_failure_rule(FunctionCallInfo fcinfo, Policy policy) {
    std::string pattern = pg::text_argument(fcinfo, 1).value_or("");
    std::string failure_class = pg::text_argument(fcinfo, 2).value_or("");
    if (pattern.empty()) refuse("the pattern is empty", {}, "An empty pattern would match every text.");
    if (failure_class.size() > 63)
        refuse("the failure class is too long", {}, "A failure class has at most 63 bytes.");
    int count = static_cast<int>(policy.failure_rules.size());
    int position = PG_ARGISNULL(3) ? count + 1 : PG_GETARG_INT32(3);
    if (position < 1 || position > count + 1)
        refuse(
            core::format("position {} isn't one of 1 to {}", position, count + 1), {},
            "Rules are tried in order; without a position the new one comes last, before the built-in ones.");
    if (auto error = core::pattern_error(pattern, text_encoding()))
        refuse(core::format("the pattern can't be used: {}", core::shortened(*error)),
               {{"pattern", core::shortened(pattern)}},
               "Patterns are RE2's, without backreferences or lookaround.");
    policy.failure_rules.insert(policy.failure_rules.begin() + position - 1, {pattern, failure_class});
    if (auto error = core::rules_error(policy.failure_rules, text_encoding()))
        refuse(core::format("the rules can't be used together: {}", *error),
               {{"rules", std::int64_t{count + 1}}},
               "Take some back: set_retry_policy(..., clear => '{failure_rules}').");
    return policy;
}

}  // namespace retry_ledger::retry

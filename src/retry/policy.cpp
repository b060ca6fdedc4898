// set_retry_policy and add_failure_rule: a new version of the rules of one table, or of the default for all.
#include "core/keys.hpp"
#include "govern/policy_row.hpp"
#include "ledger/ledger.hpp"
#include "pg/lock.hpp"
#include "retry/arguments.hpp"
#include "retry/policy_change.hpp"

namespace retry_ledger::retry {

namespace {

using core::Policy;

// The table's owner, or a superuser; the default belongs to the extension's owner.
void require_owner(const pg::Home &home, Oid run_table) {
    bool allowed = pg::pg_call([&] {
        if (superuser()) return true;
        if (!OidIsValid(run_table)) return has_privs_of_role(GetUserId(), home.owner);
        return pg::compat::owns_relation(run_table, GetUserId());
    });
    if (!allowed)
        throw pg::to_error(core::Refusal{core::Token::not_allowed,
                                         OidIsValid(run_table)
                                             ? "only the table's owner may set its policy"
                                             : "only a superuser may set the default policy",
                                         {},
                                         "Ask the owner, or have the role granted to you."});
}

bool takes_credits(const Policy &policy) {
    return policy.has_price() && !policy.charge_function;
}

// What a table has from the default policy is a price that its owner hasn't set, and doesn't change.
bool was_defaults_price(const pg::Home &home, const Policy &policy) {
    if (policy.price_column) return false;
    std::optional<std::string> price;
    if (policy.price) price = std::to_string(*policy.price);
    pg::AsRole owner(home.owner);
    return !pg::run_latest(core::format("SELECT FROM {}.retry_policy WHERE run_table IS NULL"
                                        " AND price IS NOT DISTINCT FROM $1::pg_catalog.int8"
                                        " AND price_function IS NOT DISTINCT FROM $2 LIMIT 1",
                                        pg::schema_name(home)),
                           {pg::text_param(price), pg::text_param(policy.price_function)})
                .empty();
}

bool begins_to_take(const pg::Home &home, const Policy &before, const Policy &policy) {
    if (!takes_credits(policy)) return false;
    if (!takes_credits(before)) return true;
    const bool same = policy.price == before.price && policy.price_column == before.price_column &&
                      policy.price_function == before.price_function;
    return !same && was_defaults_price(home, before);
}

// Credits are a tenant's, whichever table asks for them: who governs a table of his own doesn't come to
// spend, nor to see, what others were granted.
void require_credits(const pg::Home &home) {
    std::string function = pg::schema_name(home) + ".grant_credits";
    pg::Rows may = pg::run("SELECT pg_catalog.has_function_privilege($1, 'EXECUTE')",
                           {pg::text_param(function + "(pg_catalog.text, pg_catalog.int8, pg_catalog.text,"
                                                      " pg_catalog.timestamptz, pg_catalog.timestamptz,"
                                                      " pg_catalog.text, pg_catalog.text)")});
    if (may.boolean(0, 1)) return;
    throw pg::to_error(core::Refusal{
        core::Token::not_allowed,
        "only who may grant credits may have retries charged in them",
        {},
        core::format("Have a role with EXECUTE on {} set the first price, or pass charge_function and "
                     "refund_function: billing of your own.",
                     function)});
}

Policy current_default(const pg::Home &home) {
    pg::AsRole owner(home.owner);
    pg::Rows row = pg::run_latest(
        core::format("SELECT {} FROM {}.retry_policy WHERE run_table IS NULL ORDER BY version DESC LIMIT 1",
                     govern::policy_columns, pg::schema_name(home)));
    return row.empty() ? Policy{} : govern::policy_from(row, 0, 1);
}

// Held until the transaction ends: whoever comes second starts from what the first has set, and versions are
// counted without a gap or a duplicate.  Of one table, so that nobody's transaction keeps other owners
// waiting.  What another call of the same statement has set is in force by then.
void lock_versions(const pg::Home &home, const std::optional<std::string> &table) {
    pg::lock_name(home, "policy of " + table.value_or("all tables"));
    pg::pg_call([] { CommandCounterIncrement(); });
}

int next_version(const std::string &schema, const std::optional<std::string> &table) {
    pg::Rows version =
        pg::run_latest(core::format("SELECT coalesce(max(version), 0) + 1 FROM {}.retry_policy "
                                    "WHERE run_table IS NOT DISTINCT FROM $1",
                                    schema),
                       {pg::text_param(table)});
    return static_cast<int>(version.integer(0, 1));
}

int insert_version(const pg::Home &home, const std::optional<std::string> &table, const Policy &policy,
                   const std::optional<std::string> &reason, const std::string &role) {
    pg::AsRole owner(home.owner);
    std::string schema = pg::schema_name(home);
    int number = next_version(schema, table);
    std::vector<pg::Param> params = {
        {UUIDOID, pg::new_uuid()}, pg::text_param(table),
        pg::int_param(number),     pg::text_param(reason),
        pg::text_param(role),      {BYTEAOID, pg::sha256(core::canonical_bytes(policy))}};
    std::string rules;
    for (const pg::Param &param : govern::policy_params(policy)) {
        params.push_back(param);
        rules += core::format(", ${}", params.size());
    }
    pg::run(core::format(
                "INSERT INTO {}.retry_policy (policy_id, run_table, version, reason, set_by, policy_hash,"
                " set_at, {}) VALUES ($1, $2, $3, $4, $5, $6, now(){})",
                schema, govern::policy_columns, rules),
            params);
    return number;
}

void record(const pg::Home &home, const std::optional<std::string> &table, const Policy &policy, int version,
            const std::optional<std::string> &reason) {
    ledger::Entry entry;
    entry.action = "policy_set";
    entry.run_table = table;
    entry.reason_code = reason;
    std::string hash(pg::varlena_view(pg::sha256(core::canonical_bytes(policy))));
    entry.policy_hash = reinterpret_cast<const unsigned char *>(hash.data());
    entry.evidence = {{"version", std::int64_t{version}},
                      {"max_attempts", std::int64_t{policy.max_attempts}},
                      {"retryable_statuses", policy.retryable_statuses}};
    if (policy.retry_roles) entry.evidence.push_back({"retry_roles", *policy.retry_roles});
    if (policy.override_roles) entry.evidence.push_back({"override_roles", *policy.override_roles});
    if (policy.failure_classes) entry.evidence.push_back({"failure_classes", *policy.failure_classes});
    if (policy.price) entry.evidence.push_back({"price", *policy.price});
    auto named = [&](const char *name, const std::optional<std::string> &value) {
        if (value) entry.evidence.push_back({name, *value});
    };
    if (policy.audit_transitions) entry.evidence.push_back({"audit_transitions", true});
    named("price_column", policy.price_column);
    named("price_function", policy.price_function);
    named("charge_function", policy.charge_function);
    named("refund_function", policy.refund_function);
    named("max_attempts_column", policy.max_attempts_column);
    ledger::append(home, entry);
}

// `change` turns the policy in force into the new one, or refuses.
template <class F>
int set_policy(const pg::Home &home, Oid run_table, const std::optional<std::string> &reason, F &&change) {
    govern::GovernedRef table;
    std::optional<std::string> name;
    if (OidIsValid(run_table)) {
        table = require_run_table(home, run_table);
        name = table->table_name.string();
    }
    require_owner(home, table ? table->root : InvalidOid);
    lock_versions(home, name);
    if (table) table = require_run_table(home, run_table);
    std::string role = pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
    const Policy before = table ? *table->policy : current_default(home);
    Policy policy = change(before, table ? &*table : nullptr);
    if (begins_to_take(home, before, policy)) require_credits(home);
    int version = insert_version(home, name, policy, reason, role);
    record(home, name, policy, version, reason);
    if (table)
        govern::forget_governed(table->root);
    else
        pg::pg_call([] { CacheInvalidateRelcacheAll(); });
    return version;
}

Oid table_argument(FunctionCallInfo fcinfo) {
    return PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0);
}

}  // namespace

}  // namespace retry_ledger::retry

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(set_retry_policy) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        pg::SpiScope spi;
        return Int32GetDatum(
            retry::set_policy(home, retry::table_argument(fcinfo), retry::reason_argument(fcinfo, 5),
                              [&](core::Policy policy, const govern::Governed *table) {
                                  return retry::changed_policy(fcinfo, std::move(policy), table);
                              }));
    });
}

RETRY_LEDGER_FUNCTION(add_failure_rule) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        pg::SpiScope spi;
        return Int32GetDatum(retry::set_policy(home, retry::table_argument(fcinfo),
                                               retry::reason_argument(fcinfo, 4),
                                               [&](core::Policy policy, const govern::Governed *) {
                                                   return retry::with_failure_rule(fcinfo, std::move(policy));
                                               }));
    });
}

// set_retry_policy: a new version of the rules of one table, or of the default for all.
#include "core/keys.hpp"
#include "ledger/ledger.hpp"
#include "retry/resolve.hpp"

namespace retry_ledger::retry {

namespace {

using core::Policy;

[[noreturn]] void refuse(const std::string &message, core::Evidence evidence, const std::string &hint) {
    throw pg::to_error(core::Refusal{core::Token::invalid_policy, message, std::move(evidence), hint});
}

struct Change {
    std::optional<int> max_attempts;
    std::optional<std::vector<std::string>> retryable_statuses, retry_roles, override_roles;
    std::optional<std::string> reason;
};

void check_max_attempts(int value) {
    if (value < core::min_max_attempts || value > core::max_max_attempts)
        refuse(core::format("max_attempts is {} and may be {} to {}", value, core::min_max_attempts,
                            core::max_max_attempts),
               {{"max_attempts", std::int64_t{value}}}, "It counts retries; the original run doesn't count.");
}

void check_statuses(const std::vector<std::string> &statuses, const govern::Governed *table) {
    if (statuses.empty())
        refuse("retryable_statuses is empty", {}, "Name at least one ended status, such as 'failed'.");
    for (const std::string &status : statuses)
        if (table != nullptr && !table->ended.contains(status))
            refuse(core::format("\"{}\" is not an ended status of {}", core::shortened(status),
                                table->table_name.view()),
                   {{"status", core::shortened(status)}, {"ended_statuses", table->ended.strings()}},
                   "Only a run that has ended can be retried.");
}

void check_roles(const std::vector<std::string> &roles) {
    for (const std::string &role : roles) {
        bool exists =
            role == "public" || pg::pg_call([&] { return OidIsValid(get_role_oid(role.c_str(), true)); });
        if (!exists)
            refuse(core::format("role \"{}\" does not exist", core::shortened(role)),
                   {{"role", core::shortened(role)}},
                   "Roles are named as in pg_roles; 'public' means everybody.");
    }
}

Policy changed(Policy policy, const Change &change, const govern::Governed *table) {
    if (change.max_attempts) policy.max_attempts = *change.max_attempts;
    if (change.retryable_statuses) policy.retryable_statuses = *change.retryable_statuses;
    if (change.retry_roles) policy.retry_roles = *change.retry_roles;
    if (change.override_roles) policy.override_roles = *change.override_roles;
    check_max_attempts(policy.max_attempts);
    if (change.retryable_statuses || table == nullptr) check_statuses(policy.retryable_statuses, table);
    if (change.retry_roles) check_roles(*change.retry_roles);
    if (change.override_roles) check_roles(*change.override_roles);
    return policy;
}

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

Policy current_default(const std::string &schema) {
    Policy policy;
    pg::Rows row = pg::run_latest(core::format(
        "SELECT max_attempts, retryable_statuses, retry_roles, override_roles FROM {}.retry_policy"
        " WHERE run_table IS NULL ORDER BY version DESC LIMIT 1",
        schema));
    if (row.empty()) return policy;
    policy.max_attempts = static_cast<int>(row.integer(0, 1));
    policy.retryable_statuses = row.array(0, 2);
    if (!row.is_null(0, 3)) policy.retry_roles = row.array(0, 3);
    if (!row.is_null(0, 4)) policy.override_roles = row.array(0, 4);
    return policy;
}

pg::Param optional_array(const std::optional<std::vector<std::string>> &items) {
    if (items) return pg::text_array_param(*items);
    return {TEXTARRAYOID, Datum(0), true};
}

// Held until the transaction ends: whoever comes second starts from what the first has set, and versions are
// counted without a gap or a duplicate.
void lock_versions(const pg::Home &home) {
    pg::AsRole owner(home.owner);
    pg::run(core::format("LOCK TABLE {}.retry_policy IN SHARE ROW EXCLUSIVE MODE", pg::schema_name(home)));
}

int insert_version(const pg::Home &home, const std::optional<std::string> &table, const Policy &policy,
                   const std::optional<std::string> &reason, const std::string &role) {
    pg::AsRole owner(home.owner);
    std::string schema = pg::schema_name(home);
    pg::Rows version =
        pg::run_latest(core::format("SELECT coalesce(max(version), 0) + 1 FROM {}.retry_policy "
                                    "WHERE run_table IS NOT DISTINCT FROM $1",
                                    schema),
                       {pg::text_param(table)});
    int number = static_cast<int>(version.integer(0, 1));
    pg::run(
        core::format("INSERT INTO {}.retry_policy VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now(), $10)",
                     schema),
        {{UUIDOID, pg::new_uuid()},
         pg::text_param(table),
         pg::int_param(number),
         pg::int_param(policy.max_attempts),
         pg::text_array_param(policy.retryable_statuses),
         optional_array(policy.retry_roles),
         optional_array(policy.override_roles),
         pg::text_param(reason),
         pg::text_param(role),
         {BYTEAOID, pg::sha256(core::canonical_bytes(policy))}});
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
    ledger::append(home, entry);
}

int set_policy(const pg::Home &home, Oid run_table, const Change &change) {
    govern::GovernedRef table;
    std::optional<std::string> name;
    if (OidIsValid(run_table)) {
        table = require_run_table(home, run_table);
        name = table->table_name.string();
    }
    require_owner(home, table ? table->root : InvalidOid);
    lock_versions(home);
    if (table) table = require_run_table(home, run_table);
    std::string role = pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
    Policy policy = table ? govern::policy_of(*table) : [&] {
        pg::AsRole owner(home.owner);
        return current_default(pg::schema_name(home));
    }();
    policy = changed(policy, change, table ? &*table : nullptr);
    int version = insert_version(home, name, policy, change.reason, role);
    record(home, name, policy, version, change.reason);
    if (table)
        govern::forget_governed(table->root);
    else
        pg::pg_call([] { CacheInvalidateRelcacheAll(); });
    return version;
}

}  // namespace

}  // namespace retry_ledger::retry

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(set_retry_policy) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        retry::Change change;
        if (!PG_ARGISNULL(1)) change.max_attempts = PG_GETARG_INT32(1);
        change.retryable_statuses = pg::array_argument(fcinfo, 2, TEXTOID);
        change.retry_roles = pg::array_argument(fcinfo, 3, TEXTOID);
        change.override_roles = pg::array_argument(fcinfo, 4, TEXTOID);
        change.reason = pg::text_argument(fcinfo, 5);
        pg::SpiScope spi;
        return Int32GetDatum(
            retry::set_policy(home, PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0), change));
    });
}

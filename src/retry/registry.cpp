// allow_target, and what the registry says of a target.
#include "retry/registry.hpp"

#include <algorithm>

#include "core/keys.hpp"
#include "core/rerun.hpp"
#include "ledger/ledger.hpp"
#include "pg/lock.hpp"
#include "retry/arguments.hpp"

namespace retry_ledger::retry {

namespace {

using core::Refusal;
using core::Token;
using govern::Governed;

void require_owner(const Governed &table) {
    bool allowed =
        pg::pg_call([&] { return superuser() || pg::compat::owns_relation(table.root, GetUserId()); });
    if (!allowed)
        throw pg::to_error(Refusal{Token::not_allowed,
                                   "only the table's owner may register targets",
                                   {{"run_table", table.table_name.string()}},
                                   "Ask the owner, or have the role granted to you."});
}

// Sorted, each once.
std::vector<std::string> actions_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return {core::mode_name(core::Mode::failed_only)};
    std::vector<std::string> actions = pg::text_array(PG_GETARG_DATUM(index), TEXTOID);
    for (const std::string &action : actions)
        if (!core::mode_of(action))
            throw pg::to_error(Refusal{Token::invalid_mode,
                                       core::format("\"{}\" is not an action", core::shortened(action)),
                                       {{"action", core::shortened(action)}},
                                       "Actions are FAILED_ONLY and ALL_JOBS; '{}' closes the target."});
    std::sort(actions.begin(), actions.end());
    actions.erase(std::unique(actions.begin(), actions.end()), actions.end());
    return actions;
}

std::vector<std::string> sorted_columns(const Target &target) {
    std::vector<std::string> columns;
    for (const TargetColumn &column : target.columns) columns.push_back(column.name);
    std::sort(columns.begin(), columns.end());
    return columns;
}

struct Entry {
    std::string target;
    std::vector<std::string> columns, actions;
    std::optional<int> max_attempts;
    std::optional<std::string> reason;
};

// Versions of a table are counted without a gap or a duplicate: whoever comes second waits.
int insert_version(const pg::Home &home, const Governed &table, const Entry &entry) {
    std::string role = pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
    pg::AsRole owner(home.owner);
    std::string schema = pg::schema_name(home);
    pg::lock_name(home, "targets of " + table.table_name.string());
    pg::Param limit{INT4OID, Int32GetDatum(entry.max_attempts.value_or(0)), !entry.max_attempts};
    int version = static_cast<int>(
        pg::run_latest(core::format("SELECT coalesce(max(version), 0) + 1 FROM {}.target_registry"
                                    " WHERE run_table = $1",
                                    schema),
                       {pg::text_param(table.table_name.view())})
            .integer(0, 1));
    pg::run(
        core::format("INSERT INTO {}.target_registry (registration_id, run_table, version, target, columns,"
                     " actions, max_attempts, reason, set_by, set_at)"
                     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())",
                     schema),
        {{UUIDOID, pg::new_uuid()},
         pg::text_param(table.table_name.view()),
         pg::int_param(version),
         pg::jsonb_param(entry.target),
         pg::text_array_param(entry.columns),
         pg::text_array_param(entry.actions),
         limit,
         pg::text_param(entry.reason),
         pg::text_param(role)});
    return version;
}

void record(const pg::Home &home, const Governed &table, const Entry &entry, int version) {
    ledger::Entry line;
    line.action = "target_allowed";
    line.run_table = table.table_name.string();
    line.reason_code = entry.reason;
    line.policy_hash = table.policy_hash;
    line.evidence = {
        {"version", std::int64_t{version}}, {"target", core::Json{entry.target}}, {"actions", entry.actions}};
    if (entry.max_attempts) line.evidence.push_back({"max_attempts", std::int64_t{*entry.max_attempts}});
    ledger::append(home, line);
}

}  // namespace

std::optional<int> rerun_attempts_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    int value = PG_GETARG_INT32(index);
    if (value < core::min_max_attempts || value > max_rerun_attempts)
        throw pg::to_error(Refusal{Token::invalid_max_attempts,
                                   core::format("max_attempts is {} and may be {} to {}", value,
                                                core::min_max_attempts, max_rerun_attempts),
                                   {{"max_attempts", std::int64_t{value}}},
                                   "It counts retries, and can lower what the policy allows, not raise it."});
    return value;
}

// One step along the index for each set of columns, then one look-up for each set that the target has.
std::optional<Registration> registration_of(const pg::Home &home, const Governed &table,
                                            const Target &target) {
    pg::AsRole owner(home.owner);
    pg::Rows rows = pg::run_latest(
        core::format(
            "WITH RECURSIVE sets AS ("
            " (SELECT columns FROM {0}.target_registry WHERE run_table = $1 ORDER BY columns LIMIT 1)"
            " UNION ALL SELECT (SELECT r.columns FROM {0}.target_registry r WHERE r.run_table = $1"
            "   AND r.columns > sets.columns ORDER BY r.columns LIMIT 1)"
            " FROM sets WHERE sets.columns IS NOT NULL)"
            " SELECT found.version, found.actions, found.max_attempts FROM sets"
            " CROSS JOIN LATERAL (SELECT jsonb_object_agg(key, value) AS target FROM jsonb_each($2)"
            "   WHERE key = ANY (sets.columns)) AS part"
            " CROSS JOIN LATERAL (SELECT r.version, r.actions, r.max_attempts FROM {0}.target_registry r"
            "   WHERE r.run_table = $1 AND r.columns = sets.columns AND r.target = part.target"
            "   ORDER BY r.version DESC LIMIT 1) AS found"
            " WHERE sets.columns <@ $3 ORDER BY found.version DESC LIMIT 1",
            pg::schema_name(home)),
        {pg::text_param(table.table_name.view()), pg::jsonb_param(target.json),
         pg::text_array_param(sorted_columns(target))});
    if (rows.empty()) return std::nullopt;
    Registration registration{static_cast<int>(rows.integer(0, 1)), rows.array(0, 2), std::nullopt};
    if (!rows.is_null(0, 3)) registration.max_attempts = static_cast<int>(rows.integer(0, 3));
    return registration;
}

}  // namespace retry_ledger::retry

using namespace retry_ledger;

// In the order of allow_target's arguments.
RETRY_LEDGER_FUNCTION(allow_target) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        pg::SpiScope spi;
        if (PG_ARGISNULL(0))
            throw pg::to_error(core::Refusal{
                core::Token::invalid_run_table, "the table is NULL", {}, "Name the table of the runs."});
        govern::GovernedRef table = retry::require_run_table(home, PG_GETARG_OID(0));
        retry::require_owner(*table);
        retry::WrittenTargets written = retry::targets_argument(fcinfo, 1);
        if (written.is_array)
            retry::refuse_target("allow_target takes one target", {}, "Call it once for each target.");
        retry::Target target = retry::typed_target(*table, written.items.front());
        retry::Entry entry{target.json, retry::sorted_columns(target), retry::actions_argument(fcinfo, 2),
                           retry::rerun_attempts_argument(fcinfo, 3), retry::reason_argument(fcinfo, 4)};
        int version = retry::insert_version(home, *table, entry);
        retry::record(home, *table, entry, version);
        return Int32GetDatum(version);
    });
}

// What a call of rerun_failed_jobs asks for, and whether it may be.
#include <algorithm>
#include <set>

#include "core/canonical.hpp"
#include "core/keys.hpp"
#include "pg/lock.hpp"
#include "retry/arguments.hpp"
#include "retry/call.hpp"
#include "retry/rerun.hpp"

namespace retry_ledger::retry {

namespace {

using core::Refusal;
using core::Token;
using govern::Governed;
using govern::GovernedRef;

// Calls on the same target queue up; on another one they rarely do.  A call never holds more locks than this.
constexpr uint64 lock_count = 256;

// ---- arguments ----

core::Mode mode_argument(FunctionCallInfo fcinfo, int index) {
    std::string name = pg::text_argument(fcinfo, index).value_or("FAILED_ONLY");
    if (auto mode = core::mode_of(name)) return *mode;
    throw pg::to_error(Refusal{Token::invalid_mode,
                               core::format("mode is \"{}\"", core::shortened(name)),
                               {{"mode", core::shortened(name)}},
                               "It is 'FAILED_ONLY' or 'ALL_JOBS'."});
}

// In the order of the function's arguments; on_refusal has been read.
void read_arguments(FunctionCallInfo fcinfo, RerunCall &call) {
    call.request_id = pg::text_argument(fcinfo, 3);
    call.dry_run = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
    if (!PG_ARGISNULL(5)) call.run_table = PG_GETARG_OID(5);
    call.tenant = pg::text_argument(fcinfo, 6);
    call.mode = mode_argument(fcinfo, 1);
    call.max_attempts = rerun_attempts_argument(fcinfo, 2).value_or(2);
    check_request_id(call.request_id);
    call.targets = targets_argument(fcinfo, 0);
}

// ---- the table ----

bool has_all_columns(const Governed &table, const WrittenTargets &targets) {
    for (const WrittenTarget &target : targets.items)
        for (const auto &[name, value] : target.columns)
            if (!has_target_column(table, name)) return false;
    return true;
}

[[noreturn]] void refuse_table(const std::string &message, const std::vector<std::string> &names,
                               const std::string &hint) {
    throw pg::to_error(Refusal{Token::invalid_run_table, message, {{"candidates", names}}, hint});
}

// The only one that the target can be of, as resolve_run has it.  With one governed table it is that one: a
// misspelled column is then named.
GovernedRef find_table(const pg::Home &home, const WrittenTargets &targets) {
    std::vector<Oid> tables = govern::governed_run_tables(home);
    if (tables.empty())
        refuse_table("no run table is governed", {}, "Adopt one first: SELECT * FROM govern_runs('...').");
    if (tables.size() == 1) return require_run_table(home, tables.front());
    std::vector<std::string> names;
    GovernedRef found;
    bool trusted = false;
    for (Oid oid : tables) {
        GovernedRef table = govern::find_governed(home, oid);
        if (!table || !may_select(*table) || !has_all_columns(*table, targets)) continue;
        bool trusts_it = is_trusted(home, *table);
        if (trusted && !trusts_it) continue;
        if (trusts_it && !trusted) names.clear();
        trusted = trusts_it;
        names.push_back(table->table_name.string());
        found = std::move(table);
    }
    if (names.size() == 1) return found;
    refuse_table(names.empty() ? "no governed run table has all the columns of the target"
                               : "the target could be of more than one table",
                 names, "Name the table: rerun_failed_jobs(..., run_table => '...').");
}

void check_table(const Governed &table) {
    refuse_files(table);
    require_privileges(table, "SELECT, INSERT");
    if (!current_role_may_retry(table)) {
        std::string role = current_role();
        throw pg::to_error(
            Refusal{Token::not_allowed,
                    core::format("role {} may not retry runs of {}", role, table.table_name.view()),
                    {{"run_table", table.table_name.string()}, {"role", role}},
                    "The policy of the table lists the roles that may retry: see retry_policy.retry_roles."});
    }
    if (table.new_key.view() == "caller")
        throw pg::to_error(
            Refusal{Token::invalid_run_table,
                    core::format("ids of {} have no default: its runs can't be retried in bulk",
                                 table.table_name.view()),
                    {{"run_table", table.table_name.string()}},
                    "Give the key a default and call govern_runs again, or retry one by one: retry_run(..., "
                    "new_run_id => "
                    "'...')."});
}

// ---- targets ----

RerunPart part_of(const Governed &table, const RerunCall &call, const WrittenTarget &written) {
    RerunPart part;
    part.call_id = pg::output_text(UUIDOID, pg::new_uuid());
    part.scope = {typed_target(table, written), call.tenant};
    return part;
}

void find_workflow_run(const Governed &table, RerunPart &part) {
    if (table.key.name.view() == workflow_run_column || !has_target_column(table, workflow_run_column))
        return;
    if (const TargetColumn *named = part.scope.target.find(workflow_run_column)) {
        part.workflow_run = *named;
        return;
    }
    part.workflow_run = newest_workflow_run(table, part.scope);
    if (part.workflow_run)
        part.scope.target = with_column(part.scope.target, *part.workflow_run);
    else
        part.no_run = true;
}

Refusal not_registered(const Governed &table, const RerunPart &part) {
    return {Token::target_not_registered,
            core::format("the target is not registered for {}", table.table_name.view()),
            {{"run_table", table.table_name.string()},
             {"target", core::Json{part.scope.target.json}},
             {"environment", table.policy->environment}},
            core::format("The table's owner registers it: SELECT allow_target({}, '...').",
                         pg::quote_literal(table.table_name.string()))};
}

Refusal action_not_allowed(const Governed &table, const RerunCall &call, const RerunPart &part,
                           const Registration &registration) {
    const char *mode = core::mode_name(call.mode);
    return {Token::not_allowed,
            core::format("{} is not allowed for this target of {}", mode, table.table_name.view()),
            {{"run_table", table.table_name.string()},
             {"target", core::Json{part.scope.target.json}},
             {"action", std::string(mode)},
             {"actions", registration.actions},
             {"version", std::int64_t{registration.version}}},
            core::format("The table's owner allows it: SELECT allow_target({}, '...', actions => '{{{}}}').",
                         pg::quote_literal(table.table_name.string()), mode)};
}

// Fails closed: in production what nobody registered is refused.
std::optional<Refusal> check_registry(const pg::Home &home, const Governed &table, const RerunCall &call,
                                      RerunPart &part) {
    part.max_attempts = call.max_attempts;
    std::optional<Registration> registration = registration_of(home, table, part.scope.target);
    if (!registration) {
        if (table.policy->environment == "prod") return not_registered(table, part);
        return std::nullopt;
    }
    const std::vector<std::string> &actions = registration->actions;
    if (std::find(actions.begin(), actions.end(), core::mode_name(call.mode)) == actions.end())
        return action_not_allowed(table, call, part, *registration);
    part.max_attempts = std::min(call.max_attempts, registration->max_attempts.value_or(call.max_attempts));
    return std::nullopt;
}

void check_targets(const pg::Home &home, const RerunCall &call, PreparedRerun &prepared) {
    for (RerunPart &part : prepared.parts) {
        find_workflow_run(*prepared.table, part);
        part.refusal = check_registry(home, *prepared.table, call, part);
        if (part.refusal && call.on_refusal == OnRefusal::raise) throw pg::to_error(*part.refusal);
    }
}

// In one order, for all calls.
void lock_targets(const pg::Home &home, const PreparedRerun &prepared) {
    std::set<uint64> numbers;
    for (const RerunPart &part : prepared.parts) {
        const std::string &json = part.scope.target.json;
        auto *bytes = reinterpret_cast<const unsigned char *>(json.data());
        numbers.insert(hash_bytes_extended(bytes, static_cast<int>(json.size()), 0) % lock_count);
    }
    for (uint64 number : numbers)
        pg::lock_name(home, core::format("rerun {} {}", prepared.table->table_name.view(), number));
}

// ---- idempotency ----

std::string fingerprint(const RerunCall &call, const PreparedRerun &prepared) {
    std::vector<std::string> targets;
    for (const RerunPart &part : prepared.parts) targets.push_back(part.scope.target.json);
    std::vector<core::Field> fields = {
        {"function", core::Tag::text, "rerun_failed_jobs"},
        {"targets", core::Tag::list, core::encode_list(targets)},
        {"is_array", core::Tag::boolean, std::string(1, call.targets.is_array ? '\1' : '\0')},
        {"mode", core::Tag::text, core::mode_name(call.mode)},
        {"max_attempts", core::Tag::integer, core::encode_int64(call.max_attempts)}};
    return core::canonical_bytes("retry_ledger.request", 1, fields);
}

std::optional<std::string> tenant_of(const Governed &table, const RerunCall &call, const RerunPart &part) {
    if (call.tenant || !table.tenant) return call.tenant;
    const TargetColumn *column = part.scope.target.find(table.tenant.name.view());
    return column ? column->text : std::nullopt;
}

// The answer speaks of what another call saw: as the caller, whose policies may have it see less by now, or
// under other settings.
void require_sight(Governed &table, const IdempotentCall &call) {
    pg::Rows jobs = pg::run(
        "SELECT DISTINCT id OPERATOR(pg_catalog.#>>) '{}'"
        " FROM pg_catalog.jsonb_path_query($1, 'lax $.jobs[*].jobId') j(id)",
        {pg::jsonb_param(*call.answer())});
    std::vector<std::string> keys;
    for (uint64 i = 0; i < jobs.size(); i++) keys.push_back(jobs.string(i, 1));
    if (keys.empty()) return;
    pg::Rows seen =
        pg::run_latest(core::format("SELECT pg_catalog.count(DISTINCT t.{0}) FROM {1} t"
                                    " WHERE t.{0} OPERATOR(pg_catalog.=) ANY ($1)",
                                    pg::quote_ident(table.key.name.string()), table.table_name.view()),
                       {key_array(table, keys)});
    if (seen.integer(0, 1) != static_cast<int64>(keys.size())) call.refuse_reuse();
}

// Where policies choose what the caller sees, its answer is its own.
void find_answer(const pg::Home &home, const RerunCall &call, PreparedRerun &prepared) {
    Governed &table = *prepared.table;
    RequestScope scope{table.table_name.string(), tenant_of(table, call, prepared.parts.front())};
    bool by_policy = sees_by_policy(table);
    if (by_policy) scope.role = current_role();
    prepared.idempotent.emplace(home, std::move(scope), call.request_id, fingerprint(call, prepared));
    if (by_policy && prepared.idempotent->answer()) require_sight(table, *prepared.idempotent);
}

}  // namespace

void prepare(const pg::Home &home, FunctionCallInfo fcinfo, RerunCall &call, PreparedRerun &prepared) {
    read_arguments(fcinfo, call);
    prepared.table =
        OidIsValid(call.run_table) ? require_run_table(home, call.run_table) : find_table(home, call.targets);
    if (!call.dry_run) {
        govern::hold_configuration(prepared.table->root);
        prepared.table = require_run_table(home, prepared.table->root);
    }
    const Governed &table = *prepared.table;
    check_table(table);
    check_tenant_argument(table, call.tenant);
    prepared.policy = core::rerun_policy(*table.policy);
    for (const WrittenTarget &written : call.targets.items)
        prepared.parts.push_back(part_of(table, call, written));
    if (!call.dry_run && call.request_id) find_answer(home, call, prepared);
    if (prepared.idempotent && prepared.idempotent->answer()) return;
    check_targets(home, call, prepared);
    if (!call.dry_run) lock_targets(home, prepared);
}

}  // namespace retry_ledger::retry

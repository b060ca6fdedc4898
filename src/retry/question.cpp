#include "retry/question.hpp"

#include "retry/budget.hpp"
#include "retry/failure.hpp"
#include "retry/link.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Governed;

bool role_is_listed(const std::vector<std::string> &roles) {
    for (const std::string &role : roles) {
        if (role == "public") return true;
        bool member = pg::pg_call([&] {
            Oid oid = get_role_oid(role.c_str(), true);
            return OidIsValid(oid) && is_member_of_role(GetUserId(), oid);
        });
        if (member) return true;
    }
    return false;
}

std::optional<Link> link_of(const pg::Home &home, const Governed &table, const VisibleRun &run) {
    if (!run.has_parent) return std::nullopt;
    return find_link(home, table, LinkBy::retry, run.key);
}

std::optional<std::string> profile_of(const Governed &table, const VisibleRun &run, const Request &request) {
    if (!table.policy->profile_column || request.by_hand) return std::nullopt;
    auto chosen = request.overrides.find(*table.policy->profile_column);
    if (chosen != request.overrides.end()) return chosen->second.text;
    return run.text(*table.policy->profile_column);
}

}  // namespace

// From the ledger's entry of the end; a run that had ended before it was adopted counts from its adoption.
std::unordered_map<std::string, std::int64_t> since_ends(const pg::Home &home, const Governed &table,
                                                         const std::vector<std::string> &keys) {
    pg::AsRole owner(home.owner);
    pg::Rows rows = pg::run_latest(
        core::format(
            "SELECT k.run_key, (extract(epoch FROM clock_timestamp() - coalesce((SELECT e.recorded_at"
            " FROM {0}.ledger_entry e WHERE e.run_table = $1 AND e.run_key = k.run_key AND e.action = 'ended'"
            " ORDER BY e.recorded_at DESC LIMIT 1), g.governed_at)) * 1000000)::bigint"
            " FROM {0}.governed_table g, unnest($2) AS k(run_key) WHERE g.run_table = $3",
            pg::schema_name(home)),
        {pg::text_param(table.table_name.view()), pg::text_array_param(keys),
         pg::regclass_param(table.root)});
    std::unordered_map<std::string, std::int64_t> result;
    for (uint64 i = 0; i < rows.size(); i++) result.emplace(rows.string(i, 1), rows.integer(i, 2));
    return result;
}

std::optional<core::LiveRetry> live_retry(const pg::Home &home, Governed &table,
                                          const std::string &parent_key) {
    std::optional<Link> link = find_link(home, table, LinkBy::live_parent, parent_key);
    if (!link) return std::nullopt;
    core::LiveRetry live{link->retry_key, std::nullopt};
    Datum key = pg::input_datum(table.key.base_type, -1, link->retry_key);
    auto run = find_run(table, key, pg::See::latest);
    if (run) live.status = run->status;
    return live;
}

std::string current_role() {
    return pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
}

bool current_role_may_retry(const Governed &table) {
    return !table.policy->retry_roles || role_is_listed(*table.policy->retry_roles);
}

core::Override override_of(const Governed &table, const std::string &reason) {
    return {table.policy->override_roles && role_is_listed(*table.policy->override_roles), reason};
}

core::Question asked_by_caller(const Governed &table, const Request &request) {
    core::Question question;
    question.role = current_role();
    question.role_may_retry = current_role_may_retry(table);
    question.attempted_status = table.initial.items[0].string();
    question.any_ended_status = request.any_ended_status;
    if (OidIsValid(table.files)) question.partial_status = table.partial_status.string();
    question.max_attempts = request.max_attempts;
    if (request.override_reason) question.cap_override = override_of(table, *request.override_reason);
    return question;
}

void ask_about(core::Question &question, Governed &table, const VisibleRun &run, const Request &request) {
    question.run = {table.table_name.string(),
                    run.key,
                    run.status,
                    table.ended.contains(run.status),
                    run.attempt,
                    std::nullopt,
                    std::nullopt};
    if (table.policy->max_attempts_column)
        question.run.max_attempts = run.integer(*table.policy->max_attempts_column);
    question.tenant = run.tenant;
    question.profile = profile_of(table, run, request);
}

core::Question question_of(const pg::Home &home, Governed &table, VisibleRun &run, const Request &request,
                           Purpose purpose) {
    const core::Policy &policy = *table.policy;
    std::optional<Link> link = link_of(home, table, run);
    // A retry from before its table counted attempts says 1; its link, made at adoption, knows better.
    if (link && run.attempt <= 1) run.attempt = link->attempt;
    core::Question question = asked_by_caller(table, request);
    ask_about(question, table, run, request);
    question.run.is_void = link && link->voided_at;
    if (!question.run.ended) return question;
    if (policy.failure_classes) question.run.failure_class = failure_class_of(table, run);
    if (policy.deadline) question.run.since_end = since_ends(home, table, {run.key})[run.key];
    if (policy.retries_per_tenant) question.tenant_retries = tenant_retries(home, table, run.tenant, purpose);
    question.live_retry = live_retry(home, table, run.key);
    return question;
}

}  // namespace retry_ledger::retry

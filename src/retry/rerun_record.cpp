// What a call of rerun_failed_jobs leaves on the ledger, and how it is answered.
#include <map>

#include "core/failure_rules.hpp"
#include "core/json.hpp"
#include "history/metrics.hpp"
#include "pg/cursor.hpp"
#include "retry/rerun.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Governed;

core::Json json_of(const TargetColumn *column) {
    return {column != nullptr ? column->json : "null"};
}

// The tenant of all that the call decided; none if there are several, or it can't be told.
std::optional<std::string> tenant_of(const Governed &table, const RerunCall &call, const RerunPart &part,
                                     const std::vector<core::Job> &jobs) {
    if (call.tenant || !table.tenant) return call.tenant;
    if (const TargetColumn *column = part.scope.target.find(table.tenant.name.view())) return column->text;
    for (const core::Job &job : jobs)
        if (job.tenant != jobs.front().tenant) return std::nullopt;
    return jobs.empty() ? std::nullopt : jobs.front().tenant;
}

ledger::Entry entry_of(const PreparedRerun &prepared, const RerunPart &part, const char *action) {
    ledger::Entry entry;
    entry.action = action;
    entry.run_table = prepared.table->table_name.string();
    entry.policy_hash = prepared.table->policy_hash;
    entry.evidence = {{"call_id", part.call_id}, {"target", core::Json{part.scope.target.json}}};
    return entry;
}

void record_job(const pg::Home &home, const PreparedRerun &prepared, const RerunPart &part,
                const core::Job &job) {
    ledger::Entry entry =
        entry_of(prepared, part, job.verdict.action == core::Action::skip ? "skipped" : "refused");
    entry.run_key = job.key;
    entry.tenant = job.tenant;
    entry.attempt = job.attempt;
    entry.reason_code = job.verdict.reason_code;
    entry.prior_status = job.status;
    entry.failure_class = job.failure_class;
    if (job.verdict.action == core::Action::blocked && job.verdict.refusal)
        entry.evidence.push_back({"detail", core::Json{core::to_json(job.verdict.refusal->evidence)}});
    ledger::append(home, entry);
}

void record_call(const pg::Home &home, const RerunCall &call, const PreparedRerun &prepared,
                 const RerunPart &part, const core::RerunAnswer &answer) {
    core::Outcome outcome = core::outcome_of(answer);
    ledger::Entry entry = entry_of(prepared, part, "rerun_called");
    entry.tenant = tenant_of(*prepared.table, call, part, answer.jobs);
    entry.reason_code = outcome.decision;
    core::Evidence more = {{"mode", std::string(core::mode_name(call.mode))},
                           {"max_attempts", std::int64_t{part.max_attempts.value_or(call.max_attempts)}},
                           {"failure_classes", *prepared.policy.failure_classes},
                           {"builtin_failure_rules", std::int64_t{core::builtin_rules_version}},
                           {"environment", prepared.policy.environment},
                           {"decision", outcome.decision},
                           {"reasons", outcome.reasons},
                           {"total_jobs", static_cast<std::int64_t>(answer.jobs.size())},
                           {"rerun_jobs", outcome.rerun},
                           {"blocked_jobs", outcome.blocked},
                           {"skipped_jobs", outcome.skipped}};
    entry.evidence.insert(entry.evidence.end(), more.begin(), more.end());
    // Whoever sees this job sees the entry; see target_decisions.
    if (!answer.jobs.empty()) entry.evidence.push_back({"witness", answer.jobs.front().key});
    if (call.request_id) entry.evidence.push_back({"request_id", *call.request_id});
    ledger::append(home, entry);
}

void record_no_run(const pg::Home &home, const PreparedRerun &prepared, const RerunPart &part) {
    ledger::Entry entry = entry_of(prepared, part, "skipped");
    entry.reason_code = "no_run_id";
    ledger::append(home, entry);
}

// Each reason once, however many jobs it held back.
void count_refused(const pg::Home &home, const std::string &table, const std::vector<core::Job> &jobs) {
    std::map<std::string, int64> counts;
    for (const core::Job &job : jobs)
        if (job.verdict.action == core::Action::blocked) counts[job.verdict.reason_code]++;
    for (const auto &[code, count] : counts) history::count_refused(home, table, code, count);
}

}  // namespace

core::Json error_json(const RecordedRefusal &refusal) {
    return {core::to_json({{"code", refusal.code},
                           {"httpStatus", std::int64_t{refusal.http_status}},
                           {"message", refusal.message},
                           {"detail", core::Json{refusal.detail}},
                           {"hint", refusal.hint}})};
}

core::RerunAnswer answer_of(const RerunCall &call, const PreparedRerun &prepared, const RerunPart &part,
                            std::vector<core::Job> jobs) {
    core::RerunAnswer answer;
    answer.request_id = call.request_id;
    answer.policy_hash = core::hex(prepared.table->policy_hash_bytes());
    answer.environment = prepared.policy.environment;
    answer.dry_run = call.dry_run;
    const TargetColumn *named = part.scope.target.find(pull_request_column);
    answer.target = {{"prNumber", named ? json_of(named) : core::Json{part.pull_request.value_or("null")}},
                     {"runId", json_of(part.workflow_run ? &*part.workflow_run : nullptr)}};
    for (const TargetColumn &column : part.scope.target.columns)
        answer.target.push_back({column.name, core::Json{column.json}});
    answer.jobs = std::move(jobs);
    core::sort_jobs(answer.jobs);
    if (part.no_run)
        answer.nothing_to_decide = "no_run_id";
    else if (answer.jobs.empty() && !part.refusal)
        answer.nothing_to_decide = "no_jobs";
    if (part.refusal) {
        RecordedRefusal refusal = refusal_of(pg::to_error(*part.refusal));
        answer.error = error_json(refusal);
        answer.error_code = refusal.code;
    }
    return answer;
}

void record(const pg::Home &home, const RerunCall &call, const PreparedRerun &prepared, const RerunPart &part,
            const core::RerunAnswer &answer) {
    pg::KeepOpen ledger(pg::own_relation(home, "ledger_entry"));
    pg::TemporaryMemory memory;
    for (const core::Job &job : answer.jobs) {
        if (job.verdict.action == core::Action::rerun) continue;
        record_job(home, prepared, part, job);
        memory.reset();
    }
    count_refused(home, prepared.table->table_name.string(), answer.jobs);
    if (part.no_run && !part.refusal) record_no_run(home, prepared, part);
    record_call(home, call, prepared, part, answer);
}

}  // namespace retry_ledger::retry

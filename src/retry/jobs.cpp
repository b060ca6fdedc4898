#include "retry/jobs.hpp"

#include <algorithm>
#include <set>

#include "core/names.hpp"
#include "pg/column_text.hpp"
#include "pg/cursor.hpp"
#include "retry/budget.hpp"
#include "retry/failure.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Governed;

constexpr long batch_size = 1000;

// ---- conventions ----

Oid column_type(const Governed &table, const char *name) {
    return pg::pg_call([&] {
        AttrNumber attnum = get_attnum(table.root, name);
        return attnum > 0 ? getBaseType(get_atttype(table.root, attnum)) : InvalidOid;
    });
}

// A job's name, if the table has one that reads as a name.
std::string job_name_column(const Governed &table) {
    for (const char *name : {"job_name", "name", "task"}) {
        Oid type = column_type(table, name);
        if (type == TEXTOID || type == VARCHAROID || type == BPCHAROID || type == NAMEOID) return name;
    }
    return table.key.name.string();
}

std::optional<std::string> birth_time_column(const Governed &table) {
    for (const char *name : {"created_at", "created", "created_on", "creation_time", "inserted_at",
                             "submitted_at", "enqueued_at", "received_at", "queued_at", "started_at"}) {
        for (const std::string &spelled : {std::string(name), core::camel_case(name)}) {
            Oid type = column_type(table, spelled.c_str());
            if (type == TIMESTAMPTZOID || type == TIMESTAMPOID || type == DATEOID) return spelled;
        }
    }
    return std::nullopt;
}

// ---- statements as the caller ----

// A tenant is compared as retry_run does it: by its text.
std::string condition_of(const Governed &table, const Scope &scope, std::vector<pg::Param> &params) {
    std::string condition = retry::condition_of(scope.target, params);
    if (!scope.tenant) return condition;
    params.push_back(pg::text_param(scope.tenant));
    std::string tenant =
        pg::text_expression("t." + pg::quote_ident(table.tenant.name.string()), table.tenant.base_type);
    return core::format("{} AND {} OPERATOR(pg_catalog.=) ${} COLLATE \"C\"", condition, tenant,
                        params.size());
}

// ---- what our own tables say of a batch ----

// Runs that have a live retry, and runs that no longer stand for their lineage: void retries, older siblings.
std::unordered_set<std::string> history_among(const pg::Home &home, const Governed &table,
                                              const std::vector<std::string> &keys,
                                              const std::vector<std::string> &retries,
                                              std::unordered_map<std::string, int> &attempts) {
    pg::SpiScope spi;
    pg::AsRole owner(home.owner);
    std::string schema = pg::schema_name(home);
    std::unordered_set<std::string> history;
    // LIMIT 1: by index for each key, however the planner sees the table.
    pg::Rows live = pg::run_latest(
        core::format(
            "SELECT k.run_key FROM unnest($2) AS k(run_key) CROSS JOIN LATERAL (SELECT FROM {}.retry"
            " WHERE run_table = $1 AND parent_key = k.run_key AND voided_at IS NULL AND claims LIMIT 1) r",
            schema),
        {pg::text_param(table.table_name.view()), pg::text_array_param(keys)});
    for (uint64 i = 0; i < live.size(); i++) history.insert(live.string(i, 1));
    if (retries.empty()) return history;
    pg::Rows links = pg::run_latest(
        core::format("SELECT k.run_key, r.attempt, r.is_history FROM unnest($2) AS k(run_key)"
                     " CROSS JOIN LATERAL (SELECT attempt, voided_at IS NOT NULL OR NOT claims AS is_history"
                     " FROM {}.retry WHERE run_table = $1 AND retry_key = k.run_key LIMIT 1) r",
                     schema),
        {pg::text_param(table.table_name.view()), pg::text_array_param(retries)});
    for (uint64 i = 0; i < links.size(); i++) {
        attempts.emplace(links.string(i, 1), static_cast<int>(links.integer(i, 2)));
        if (links.boolean(i, 3)) history.insert(links.string(i, 1));
    }
    return history;
}

}  // namespace

std::optional<TargetColumn> newest_workflow_run(const Governed &table, const Scope &scope) {
    std::string column = core::format("t.{}", pg::quote_ident(workflow_run_column)), order;
    if (auto time = birth_time_column(table))
        order = core::format("t.{} DESC NULLS LAST, ", pg::quote_ident(*time));
    std::vector<pg::Param> params;
    std::string condition = condition_of(table, scope, params);
    pg::Rows rows = pg::run_latest(
        core::format(
            "SELECT {0} FROM {1} t WHERE {2} AND {0} IS NOT NULL AND t.{3} IS NULL ORDER BY {4}{0} DESC"
            " LIMIT 1",
            column, table.table_name.view(), condition, pg::quote_ident(table.parent.name.string()), order),
        params);
    if (rows.empty()) return std::nullopt;
    return typed_column(table, workflow_run_column, rows.text(0, 1));
}

// Rows of the cursor, and what is known about them.
struct JobDecider::Batch {
    std::vector<VisibleRun> runs;
    std::unordered_set<std::string> history;
    std::unordered_map<std::string, int> attempts;  // of retries, by their links
    std::unordered_map<std::string, std::int64_t> since_end;
    std::unordered_map<std::string, credits::Price> prices;

    std::vector<std::string> keys() const {
        std::vector<std::string> result;
        for (const VisibleRun &run : runs) result.push_back(run.key);
        return result;
    }
    std::vector<std::string> retries() const {
        std::vector<std::string> result;
        for (const VisibleRun &run : runs)
            if (run.has_parent) result.push_back(run.key);
        return result;
    }
};

JobDecider::JobDecider(const pg::Home &home, Governed &table)
    : home_(home),
      table_(table),
      name_column_(job_name_column(table)),
      pull_request_type_(column_type(table, pull_request_column)) {}

DecidedJobs JobDecider::decide(const Scope &scope, const Terms &terms) {
    terms_ = &terms;
    question_ = asked_by_caller(table_, terms.request);
    std::vector<pg::Param> params;
    std::string condition = condition_of(table_, scope, params);
    std::string sql = core::format("{} WHERE {} ORDER BY t.{}", select_from(table_), condition,
                                   pg::quote_ident(table_.key.name.string()));
    note_pull_requests_ = OidIsValid(pull_request_type_) && scope.target.find(pull_request_column) == nullptr;
    DecidedJobs result;
    pg::TemporaryMemory memory;
    pg::Cursor cursor(sql, params);
    for (pg::Rows rows = cursor.fetch(batch_size); !rows.empty(); rows = cursor.fetch(batch_size)) {
        Batch batch;
        for (uint64 i = 0; i < rows.size(); i++) batch.runs.push_back(run_in(table_, rows, i));
        look_up(batch);
        for (VisibleRun &run : batch.runs)
            if (batch.history.count(run.key) == 0) decide_job(batch, run, result);
        check_jobs(result);
        memory.reset();
    }
    for (const core::Job &job : result.jobs) decided_.insert(job.key);
    return result;
}

void JobDecider::look_up(Batch &batch) {
    batch.history = history_among(home_, table_, batch.keys(), batch.retries(), batch.attempts);
    if (terms_->policy.deadline) {
        pg::SpiScope spi;
        batch.since_end = since_ends(home_, table_, batch.keys());
    }
    if (terms_->policy.retries_per_tenant) load_budgets(batch);
    if (terms_->policy.has_price()) load_prices(batch);
}

// In the order of their names: two calls that need several wait for each other rather than in a circle.
void JobDecider::load_budgets(const Batch &batch) {
    std::set<std::optional<std::string>> tenants;
    for (const VisibleRun &run : batch.runs) tenants.insert(run.tenant);
    pg::SpiScope spi;
    for (const auto &tenant : tenants)
        if (budget_used_.count(tenant) == 0)
            budget_used_.emplace(tenant, tenant_retries(home_, table_, tenant, terms_->purpose));
}

// Balances in the order of their tenants' names, as above.
void JobDecider::load_prices(Batch &batch) {
    std::vector<const VisibleRun *> runs;
    std::set<std::optional<std::string>> tenants;
    for (const VisibleRun &run : batch.runs) {
        if (batch.history.count(run.key) > 0 || !table_.ended.contains(run.status)) continue;
        runs.push_back(&run);
        tenants.insert(run.tenant);
    }
    pg::SpiScope spi;
    std::vector<credits::Price> prices = credits::prices_of(table_, runs);
    for (std::size_t i = 0; i < runs.size(); i++) batch.prices.emplace(runs[i]->key, std::move(prices[i]));
    if (!credits::spends_credits(table_)) return;
    for (const auto &tenant : tenants) {
        if (balances_.count(tenant) > 0) continue;
        if (terms_->purpose == Purpose::retry) credits::lock_tenant(home_, tenant);
        balances_.emplace(tenant, credits::available(home_, tenant));
    }
}

// The last question: can it be paid, with what the jobs before it have left?
core::Verdict JobDecider::judge_cost(const Batch &batch, const VisibleRun &run, core::Verdict verdict) {
    auto price = batch.prices.find(run.key);
    if (verdict.action != core::Action::rerun || price == batch.prices.end()) return verdict;
    if (price->second.refusal) return core::blocked(*price->second.refusal);
    core::Cost cost{price->second.credits, {}};
    auto balance = balances_.find(run.tenant);
    if (balance == balances_.end()) return verdict;  // the application's own billing is asked at the birth
    cost.available = balance->second;
    if (cost.credits > cost.available.total())
        return core::blocked(
            core::insufficient_credits(run.key, table_.table_name.string(), run.tenant, cost));
    core::spend(balance->second, cost.credits);
    return verdict;
}

core::Verdict JobDecider::judge(const Batch &batch, VisibleRun &run) {
    auto attempt = batch.attempts.find(run.key);
    if (attempt != batch.attempts.end()) run.attempt = std::max(run.attempt, attempt->second);
    ask_about(question_, table_, run, terms_->request);
    if (question_.run.ended) question_.run.failure_class = failure_class_of(table_, run);
    if (decided_.count(run.key) > 0) return core::retried_elsewhere("other_target");
    auto since = batch.since_end.find(run.key);
    if (since != batch.since_end.end()) question_.run.since_end = since->second;
    auto used = budget_used_.find(run.tenant);
    if (used != budget_used_.end()) question_.tenant_retries = used->second;
    core::Verdict verdict = judge_cost(batch, run, core::judge(question_, terms_->policy));
    if (verdict.action == core::Action::rerun && used != budget_used_.end()) used->second++;
    return verdict;
}

void JobDecider::note_pull_request(const VisibleRun &run, DecidedJobs &result) {
    if (auto text = run.text(pull_request_column))
        result.pull_requests.insert(json_value(pull_request_type_, *text));
}

// The application's check function, asked once for the batch.
void JobDecider::check_jobs(DecidedJobs &result) {
    auto refusals = work::check_requests(table_, to_check_);
    std::unordered_set<std::string> refused;
    for (size_t i = 0; i < refusals.size(); i++) {
        if (!refusals[i]) continue;
        core::Job &job = result.jobs[to_check_jobs_[i]];
        job.verdict = {core::Action::blocked, "invalid_request", std::move(refusals[i])};
        refused.insert(job.key);
        auto used = budget_used_.find(job.tenant);
        if (used != budget_used_.end()) used->second--;
    }
    if (!refused.empty())
        result.accepted.erase(
            std::remove_if(result.accepted.begin(), result.accepted.end(),
                           [&](const Decided &decided) { return refused.count(decided.parent_key) > 0; }),
            result.accepted.end());
    to_check_.clear();
    to_check_jobs_.clear();
}

void JobDecider::decide_job(const Batch &batch, VisibleRun &run, DecidedJobs &result) {
    if (note_pull_requests_) note_pull_request(run, result);
    core::Verdict verdict = judge(batch, run);
    std::optional<std::string> inputs;
    if (verdict.action == core::Action::rerun && work::has_check(table_)) {
        inputs = work::inputs_of(table_, run, {});
        to_check_.push_back({run.key, verdict.reason_code, run.attempt + 1, *inputs});
        to_check_jobs_.push_back(result.jobs.size());
    }
    if (verdict.action == core::Action::rerun && terms_->purpose == Purpose::retry) {
        Decided decided = decided_from(table_, run, question_, terms_->request);
        decided.reason = verdict.reason_code;
        decided.evidence = terms_->evidence;
        auto price = batch.prices.find(run.key);
        if (price != batch.prices.end()) decided.credits = price->second.credits;
        decided.checked = std::move(inputs);
        result.accepted.push_back(std::move(decided));
    }
    result.jobs.push_back({run.text(name_column_).value_or(run.key), run.key, run.status, run.attempt,
                           std::move(verdict), run.tenant, question_.run.failure_class, std::nullopt});
}

}  // namespace retry_ledger::retry

// Deciding the jobs of a call, and the birth of their retries.
//
// Nothing holds a job between its decision and its retry's birth: a retry_run, or a call on an overlapping
// target, may come first.  The birth then finds the live retry and the statement fails as a whole; all is
// decided anew with what is there now.  Each round that fails means that another session has retried a job,
// so it can't go on for ever; but a call of many jobs could lose many rounds, so that it goes on one by one
// in the end.
#include <algorithm>
#include <unordered_map>

#include "pg/subtransaction.hpp"
#include "retry/rerun.hpp"
#include "work/enqueue.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Governed;
using Born = std::map<std::string, std::string>;  // new keys by those of the parents

constexpr int rounds_as_a_whole = 4;

bool is_already_retried(const pg::Error &error) {
    return error.sqlstate == pg::to_error(core::already_retried({}, {})).sqlstate &&
           error.message.rfind("ALREADY_RETRIED: ", 0) == 0;
}

// An application's own unique constraint may meet the other session's row before our guard does.
bool is_conflict(const pg::Error &error) {
    return is_already_retried(error) || error.sqlstate == ERRCODE_UNIQUE_VIOLATION;
}

Terms terms_of(const RerunCall &call, const PreparedRerun &prepared, const RerunPart &part) {
    Terms terms;
    terms.request.any_ended_status = call.mode == core::Mode::all_jobs;
    terms.request.max_attempts = part.max_attempts;
    terms.policy = prepared.policy;
    terms.purpose = call.dry_run ? Purpose::plan : Purpose::retry;
    terms.evidence = {{"call_id", part.call_id}, {"mode", std::string(core::mode_name(call.mode))}};
    return terms;
}

std::vector<Decided> decide(const pg::Home &home, const RerunCall &call, PreparedRerun &prepared) {
    JobDecider decider(home, *prepared.table);
    std::vector<Decided> accepted;
    for (RerunPart &part : prepared.parts) {
        if (part.no_run || part.refusal) continue;
        DecidedJobs decided = decider.decide(part.scope, terms_of(call, prepared, part));
        part.jobs = std::move(decided.jobs);
        if (decided.pull_requests.size() == 1) part.pull_request = *decided.pull_requests.begin();
        accepted.insert(accepted.end(), std::make_move_iterator(decided.accepted.begin()),
                        std::make_move_iterator(decided.accepted.end()));
    }
    // One order for all calls, so that two that overlap wait for each other rather than in a circle.
    std::sort(accepted.begin(), accepted.end(), [](const Decided &a, const Decided &b) {
        return core::key_before(a.parent_key, b.parent_key);
    });
    return accepted;
}

// The decisions are used up.
Born insert(const pg::Home &home, Governed &table, Decided *first, Decided *last) {
    pg::KeepOpen links(pg::own_relation(home, "retry"));
    pg::KeepOpen ledger(pg::own_relation(home, "ledger_entry"));
    std::optional<credits::ManyCharges> charges;
    if (credits::spends_credits(table)) charges.emplace(home);
    pg::KeepOpen counts(pg::own_relation(home, "metric_delta"));
    FunctionDecisions context;
    NewRuns runs;
    for (Decided *decided = first; decided != last; decided++) {
        runs.parent_keys.push_back(decided->parent_key);
        runs.reasons.push_back(decided->reason);
        context.add(table.root, std::move(*decided));
    }
    work::Gather gather(table);
    Born born = insert_retries(table, runs);
    context.require_taken_by(table, born);
    gather.flush(home);
    return born;
}

// What another session retries meanwhile is left out.
Born insert_one_by_one(const pg::Home &home, Governed &table, std::vector<Decided> &accepted) {
    Born born;
    for (Decided &decided : accepted) {
        auto failure = pg::try_in_subtransaction(
            pg::AtEnd::commit, [&] { born.merge(insert(home, table, &decided, &decided + 1)); });
        if (failure && !is_already_retried(*failure)) throw *failure;
    }
    return born;
}

void set_new_keys(PreparedRerun &prepared, const Born &born) {
    for (RerunPart &part : prepared.parts) {
        for (core::Job &job : part.jobs) {
            if (job.verdict.action != core::Action::rerun) continue;
            auto found = born.find(job.key);
            if (found != born.end())
                job.new_key = found->second;
            else
                job.verdict = core::retried_elsewhere("already_retried");
        }
    }
}

}  // namespace

void decide_and_insert(const pg::Home &home, const RerunCall &call, PreparedRerun &prepared) {
    for (int round = 1;; round++) {
        std::vector<Decided> accepted = decide(home, call, prepared);
        if (call.dry_run || accepted.empty()) return;
        Born born;
        if (round > rounds_as_a_whole) {
            born = insert_one_by_one(home, *prepared.table, accepted);
        } else {
            auto failure = pg::try_in_subtransaction(pg::AtEnd::commit, [&] {
                born = insert(home, *prepared.table, accepted.data(), accepted.data() + accepted.size());
            });
            if (failure && is_conflict(*failure)) continue;
            if (failure) throw *failure;
        }
        return set_new_keys(prepared, born);
    }
}

}  // namespace retry_ledger::retry

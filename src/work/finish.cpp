// finish_work: the item is locked, then its row ends as the caller, then the item is over.
#include "core/keys.hpp"
#include "pg/subtransaction.hpp"
#include "retry/arguments.hpp"
#include "work/work.hpp"

namespace retry_ledger::work {

namespace {

using core::Token;
using govern::Governed;

// What a worker says of one item.
struct Report {
    JobName job;
    std::int64_t fence = 0;
    std::string status;
    std::optional<std::string> outcome;  // JSON
    std::vector<std::string> columns;    // of the outcome
};

// What has become of it: an item, unless there is a refusal.
struct Verdict {
    const Item *item = nullptr;
    std::optional<core::Refusal> refusal;
};

core::Refusal not_found(const JobName &job) {
    return {Token::work_not_found,
            core::format("there is no work \"{}\"", core::shortened(job.job_id)),
            {{"job_id", core::shortened(job.job_id)}},
            "Report under the job_id that claim_work gave."};
}

core::Refusal ambiguous(const JobName &job, const std::vector<std::string> &tables) {
    return {Token::invalid_run_table,
            core::format("work \"{}\" is of more than one table", core::shortened(job.job_id)),
            {{"job_id", core::shortened(job.job_id)}, {"candidates", tables}},
            "Name the table: run_table => '...'."};
}

core::Refusal stale(const Item &item, std::int64_t fence) {
    core::Evidence evidence = evidence_of(item);
    evidence.push_back({"stale_fence", fence});
    return {Token::stale_lease,
            core::format("fence {} no longer holds work {}", fence, core::shortened(item.job_id)),
            std::move(evidence), "Drop the result: the work is somebody else's by now, or it is over."};
}

core::Refusal ended_meanwhile(const Item &item, const std::string &status) {
    core::Evidence evidence = evidence_of(item);
    evidence.push_back({"current_status", status});
    return {Token::stale_lease,
            core::format("the run of work {} has ended by other hands, as {}", core::shortened(item.job_id),
                         core::shortened(status)),
            std::move(evidence), "Drop the result: what ended is a fact."};
}

core::Refusal invalid_outcome(const Governed &table, const std::string &message, core::Evidence evidence,
                              const std::string &hint) {
    evidence.insert(evidence.begin(), {"run_table", table.table_name.string()});
    return {Token::invalid_outcome, message, std::move(evidence), hint};
}

std::optional<core::Refusal> check_report(const Governed &table, const Report &report) {
    if (!table.ended.contains(report.status))
        return invalid_outcome(
            table,
            core::format("\"{}\" is not an ended status of {}", core::shortened(report.status),
                         table.table_name.view()),
            {{"status", core::shortened(report.status)}, {"ended_statuses", table.ended.strings()}},
            "Work ends in an ended status.");
    for (const std::string &column : report.columns) {
        bool known = table.outcomes.contains(column) || (table.error && table.error.name.view() == column);
        if (known && column != table.status.name.view()) continue;
        return invalid_outcome(
            table,
            core::format("\"{}\" is not an outcome column of {}", core::shortened(column),
                         table.table_name.view()),
            {{"column", core::shortened(column)}, {"outcome_columns", table.outcomes.strings()}},
            "A worker reports outcome columns and the error column; the others say what was asked for.");
    }
    return std::nullopt;
}

// The one item that a report means.
Verdict judge(const std::vector<Item> &items, const Report &report) {
    Verdict verdict;
    std::vector<std::string> tables;
    for (const Item &item : items) {
        if (item.job_id != report.job.job_id) continue;
        if (report.job.run_table && item.run_table != *report.job.run_table) continue;
        verdict.item = &item;
        tables.push_back(item.run_table);
    }
    if (tables.empty())
        verdict.refusal = not_found(report.job);
    else if (tables.size() > 1)
        verdict.refusal = ambiguous(report.job, tables);
    else if (verdict.item->state != "leased" || verdict.item->fence != report.fence)
        verdict.refusal = stale(*verdict.item, report.fence);
    return verdict;
}

Move move_of(const Governed &table, const Report &report) {
    Move move{report.status, report.columns, table.work->finished_column, false};
    for (const std::string &column : report.columns)
        if (move.stamp == column) move.stamp.reset();
    return move;
}

govern::GovernedRef table_of(const pg::Home &home, const Item &item) {
    govern::GovernedRef table = find_table(home, item.row_table);
    if (table && table->work != nullptr) return table;
    throw pg::to_error(core::Refusal{Token::invalid_run_table,
                                     core::format("{} has no work queue any more", item.row_table),
                                     {{"run_table", item.row_table}},
                                     "Its work was dropped when it was released."});
}

[[noreturn]] void refuse_unseen(const Item &item) {
    throw pg::to_error(core::Refusal{Token::run_not_found,
                                     core::format("run {} not found", core::shortened(item.row_key)),
                                     {{"run_id", item.row_key}, {"run_table", item.row_table}},
                                     "Who reports on work sees the rows that it settles."});
}

std::string finish(const pg::Home &home, const Report &report) {
    pg::SpiScope spi;
    std::vector<Item> items = lock_items(home, {report.job});
    Verdict verdict = judge(items, report);
    if (verdict.refusal) throw pg::to_error(*verdict.refusal);
    const Item &item = *verdict.item;
    govern::GovernedRef table = table_of(home, item);
    if (auto refusal = check_report(*table, report)) throw pg::to_error(*refusal);
    Moved moved = move_rows(*table, move_of(*table, report), {{item.row_key, report.outcome}});
    if (!moved.unseen.empty()) refuse_unseen(item);
    if (!moved.ended.empty()) throw pg::to_error(ended_meanwhile(item, moved.ended.begin()->second));
    end_items(home, {{&item, "done", report.status}});
    return report.status;
}

// The names of the outcome's members.
std::vector<std::string> columns_of(Datum outcome) {
    core::JsonNode node = json_tree(outcome);
    if (node.type != core::JsonNode::Type::object)
        throw pg::to_error(core::Refusal{Token::invalid_outcome,
                                         "the outcome isn't a JSON object",
                                         {},
                                         "Pass an object of columns and values."});
    std::vector<std::string> columns;
    for (const auto &[name, value] : node.members) columns.push_back(name);
    return columns;
}

// In the order of finish_work's arguments.
Report read_report(const pg::Home &home, FunctionCallInfo fcinfo) {
    Report report;
    report.job.job_id = pg::text_argument(fcinfo, 0).value_or("");
    report.fence = PG_ARGISNULL(1) ? 0 : pg::pg_call([&] { return PG_GETARG_INT64(1); });
    report.status = pg::text_argument(fcinfo, 2).value_or("");
    if (!PG_ARGISNULL(3)) {
        report.outcome = retry::json_argument(fcinfo, 3);
        report.columns = columns_of(PG_GETARG_DATUM(3));
    }
    if (!PG_ARGISNULL(4))
        report.job.run_table = retry::require_run_table(home, PG_GETARG_OID(4))->table_name.string();
    return report;
}

}  // namespace

}  // namespace retry_ledger::work

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(finish_work) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        work::Report report = work::read_report(home, fcinfo);
        return pg::text_datum(work::finish(home, report));
    });
}

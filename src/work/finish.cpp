// finish_work and finish_work_batch: the items are locked, then their rows end as the caller, then the items
// are over.  Reports that set the same columns to end in the same status are one statement.
//
// Of a batch, whose refusals are answers, what doesn't count isn't locked when the call is over: others would
// wait for an item until the transaction of somebody ends who has no say in it.
#include <algorithm>
#include <set>

#include "core/json.hpp"
#include "core/keys.hpp"
#include "pg/subtransaction.hpp"
#include "retry/arguments.hpp"
#include "retry/question.hpp"
#include "work/attempt_log.hpp"
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
    std::optional<std::string> outcome;    // JSON
    std::vector<std::string> columns;      // of the outcome
    std::optional<core::Refusal> refusal;  // what is wrong with the report itself
};

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

Move move_of(const Governed &table, const Report &report) {
    Move move{report.status, report.columns, table.work->finished_column, From::anywhere};
    for (const std::string &column : report.columns)
        if (move.stamp == column) move.stamp.reset();
    return move;
}

// ---- batches of files -----------------------------------------------------------------------------------

constexpr const char *files_member = "files";  // of an outcome: {index: {"status": ..., column: ...}}

void set_members(Report &report, const core::JsonNode &outcome) {
    core::JsonNode columns;
    columns.type = core::JsonNode::Type::object;
    for (const auto &member : outcome.members) {
        if (member.first == "status" && member.second.type == core::JsonNode::Type::string)
            report.status = member.second.text;
        else if (member.first != files_member)
            columns.members.push_back(member);
    }
    report.outcome.reset();
    report.columns.clear();
    for (const auto &[name, value] : columns.members) report.columns.push_back(name);
    if (!columns.members.empty()) report.outcome = core::to_json(columns);
}

// What is said of each file.
struct FileReports {
    Report others;
    std::map<std::string, Report> by_index;
    const Report &of(const std::string &index) const {
        auto found = by_index.find(index);
        return found == by_index.end() ? others : found->second;
    }
};

bool is_file(const std::vector<FileRow> &files, const std::string &index) {
    return std::any_of(files.begin(), files.end(), [&](const FileRow &file) { return file.index == index; });
}

std::optional<core::Refusal> read_file_report(const Governed &table, const Report &whole,
                                              const std::string &index, const core::JsonNode &node,
                                              const std::vector<FileRow> &files, FileReports &said) {
    if (!is_file(files, index) || node.type != core::JsonNode::Type::object)
        return invalid_outcome(
            table,
            core::format("\"{}\" is no file of the batch, or nothing is said of it", core::shortened(index)),
            {{"file_index", core::shortened(index)}},
            "outcome.files is {\"<index>\": {\"status\": \"...\", \"<outcome column>\": ...}, ...}.");
    Report report = whole;
    set_members(report, node);
    if (auto refusal = check_report(table, report)) return refusal;
    said.by_index.emplace(index, std::move(report));
    return std::nullopt;
}

std::optional<core::Refusal> read_file_reports(const Governed &table, const Report &whole,
                                               const std::vector<FileRow> &files, FileReports &said) {
    said.others = whole;
    core::JsonNode outcome;
    if (whole.outcome) outcome = json_tree(pg::input_datum(JSONBOID, -1, *whole.outcome));
    set_members(said.others, outcome);
    said.others.status = whole.status;
    if (auto refusal = check_report(table, said.others)) return refusal;
    for (const auto &[name, node] : outcome.members) {
        if (name != files_member) continue;
        for (const auto &[index, of_file] : node.members)
            if (auto refusal = read_file_report(table, whole, index, of_file, files, said)) return refusal;
    }
    return std::nullopt;
}

// Reports, and what has become of each.
class Settlement {
public:
    Settlement(const pg::Home &home, const std::vector<Report> &reports) : home_(home), reports_(reports) {}

    void lock() { start(lock_items(home_, names())); }

    // Only what the caller's role has claimed, which is what is meant wherever there is such an item.  False
    // if that isn't all.
    bool lock_claimed() {
        start(lock_items_of(home_, retry::current_role(), names()));
        return std::all_of(reports_.begin(), reports_.end(), [&](const Report &report) {
            return report.refusal || !items_named(by_id_[report.job.job_id], report.job).empty();
        });
    }

    // Once they are locked, by report: none if it counts.
    std::vector<std::optional<core::Refusal>> settle() {
        for (size_t i = 0; i < reports_.size(); i++) refusals_[i] = judge(i);
        end_rows();
        end_items(home_, ends_);
        return refusals_;
    }

    // What can be said without locking anything, and without rows.
    std::vector<std::optional<core::Refusal>> foresee() {
        start(find_items(home_, names()));
        for (size_t i = 0; i < reports_.size(); i++) {
            const Item *item = nullptr;
            refusals_[i] = judge_item(i, item);
        }
        return refusals_;
    }

    // After settle(): reports that don't count, and whose items are locked all the same.
    std::vector<size_t> locked_in_vain() const {
        std::vector<size_t> indexes;
        for (size_t i = 0; i < reports_.size(); i++)
            if (refusals_[i] && !reports_[i].refusal && !is_over(held_[i])) indexes.push_back(i);
        return indexes;
    }

private:
    // A row, and by which report it ends.
    struct Part {
        size_t report;
        RowOutcome row;
    };

    // What is updated by one statement.
    struct Group {
        govern::GovernedRef table;
        Move move;
        std::vector<Part> parts;
    };

    std::vector<JobName> names() const {
        std::vector<JobName> jobs;
        for (const Report &report : reports_)
            if (!report.refusal) jobs.push_back(report.job);
        return jobs;
    }

    void start(const std::vector<Item> &items) {
        refusals_.assign(reports_.size(), std::nullopt);
        held_.assign(reports_.size(), nullptr);
        for (const Item &item : items) add(item);
    }

    bool is_over(const Item *item) const {
        return std::any_of(ends_.begin(), ends_.end(), [&](const ItemEnd &end) { return end.item == item; });
    }

    // Once, however often it is reported.
    void add(const Item &item) {
        std::vector<Item> &items = by_id_[item.job_id];
        for (const Item &other : items)
            if (other.run_table == item.run_table) return;
        items.push_back(item);
    }

    // Which item a report is of, and what can be said of both.
    std::optional<core::Refusal> judge_item(size_t index, const Item *&item) {
        const Report &report = reports_[index];
        if (report.refusal) return report.refusal;
        Held held = held_item(home_, by_id_[report.job.job_id], report.job, report.fence);
        if (held.refusal) return held.refusal;
        item = held.item;
        if (!reported_.insert(item).second) return stale_lease(*item, report.fence);
        const govern::GovernedRef &table = table_of(item->row_table);
        if (!table || table->work == nullptr) return released_work(*item);
        return item->batch ? std::nullopt : check_report(*table, report);
    }

    std::optional<core::Refusal> judge(size_t index) {
        const Item *item = nullptr;
        if (auto refusal = judge_item(index, item)) return refusal;
        const govern::GovernedRef &table = table_of(item->row_table);
        if (item->batch) return judge_batch(index, table, *item);
        held_[index] = item;
        add_part(index, table, reports_[index], item->row_key);
        return std::nullopt;
    }

    // Looked up once, whatever the number of reports.
    const govern::GovernedRef &table_of(const std::string &name) {
        auto known = tables_.find(name);
        if (known == tables_.end()) known = tables_.emplace(name, find_table(home_, name)).first;
        return known->second;
    }

    // What a worker says of a run's files: some by their indexes, the others as a whole.
    std::optional<core::Refusal> judge_batch(size_t index, const govern::GovernedRef &table,
                                             const Item &item) {
        std::vector<FileRow> files = files_of_runs(home_, *table, {item.run_key})[item.run_key];
        FileReports said;
        if (auto refusal = read_file_reports(*table, reports_[index], files, said)) return refusal;
        held_[index] = &item;
        for (const FileRow &file : files)
            if (!table->ended.contains(file.status)) add_part(index, table, said.of(file.index), file.key);
        if (files.empty()) unseen_.insert(index);
        for (const FileRow &file : files)
            ended_.emplace(index, file.status);  // what counts unless one is moved
        return std::nullopt;
    }

    void add_part(size_t index, const govern::GovernedRef &table, const Report &report,
                  const std::string &row_key) {
        std::string name = table->table_name.string() + '\n' + report.status;
        for (const std::string &column : report.columns) name += '\n' + column;
        Group &group = groups_[name];
        if (group.parts.empty()) {
            group.move = move_of(*table, report);
            group.table = govern::find_governed(home_, table->root);
        }
        group.parts.push_back({index, {row_key, report.outcome}});
    }

    void end_rows() {
        pg::KeepOpen ledger(pg::own_relation(home_, "ledger_entry"));
        for (auto &[name, group] : groups_) {
            std::vector<RowOutcome> rows;
            for (const Part &part : group.parts) rows.push_back(part.row);
            Moved moved = move_rows(home_, *group.table, group.move, rows);
            for (const Part &part : group.parts) note(moved, part);
        }
        for (size_t i = 0; i < reports_.size(); i++)
            if (held_[i] != nullptr) end_report(i);
    }

    void note(const Moved &moved, const Part &part) {
        auto ended = moved.ended.find(part.row.key);
        if (moved.unseen.count(part.row.key) > 0)
            unseen_.insert(part.report);
        else if (ended != moved.ended.end())
            ended_.emplace(part.report, ended->second);
        else
            moved_.insert(part.report);
    }

    // A batch counts if one of its files does: the others had ended by other hands.
    void end_report(size_t index) {
        const Item &item = *held_[index];
        auto ended = ended_.find(index);
        bool counts = moved_.count(index) > 0;
        if (unseen_.count(index) > 0) {
            refusals_[index] = unseen_work(item);
            return;
        }
        if (!counts) {
            std::string status = ended != ended_.end() ? ended->second : "ended";
            refusals_[index] = ended_meanwhile(item, status);
            ends_.push_back({&item, "done", status});
            return;
        }
        log_end(item, reports_[index].status);
        ends_.push_back({&item, "done", reports_[index].status});
    }

    const pg::Home &home_;
    const std::vector<Report> &reports_;
    std::vector<std::optional<core::Refusal>> refusals_;
    std::map<std::string, govern::GovernedRef> tables_;
    std::map<std::string, std::vector<Item>> by_id_;
    std::vector<const Item *> held_;
    std::set<const Item *> reported_;
    std::map<std::string, Group> groups_;
    std::set<size_t> unseen_, moved_;      // reports of which a row was
    std::map<size_t, std::string> ended_;  // reports of which a row had ended already, and how
    std::vector<ItemEnd> ends_;
};

std::string finish(const pg::Home &home, const Report &report) {
    pg::SpiScope spi;
    const std::vector<Report> reports = {report};
    Settlement settlement(home, reports);
    settlement.lock();
    if (auto refusal = settlement.settle().front()) throw pg::to_error(*refusal);
    return report.status;
}

// ---- arguments ----------------------------------------------------------------------------------------

[[noreturn]] void refuse_outcome() {
    throw pg::to_error(core::Refusal{Token::invalid_outcome,
                                     "the outcome isn't a JSON object",
                                     {},
                                     "Pass an object of columns and values."});
}

void set_outcome(Report &report, const core::JsonNode &outcome) {
    if (outcome.type == core::JsonNode::Type::other && outcome.text == "null") return;
    if (outcome.type != core::JsonNode::Type::object) refuse_outcome();
    report.outcome = core::to_json(outcome);
    for (const auto &[name, value] : outcome.members) report.columns.push_back(name);
}

// In the order of finish_work's arguments.
Report read_report(const pg::Home &home, FunctionCallInfo fcinfo) {
    Report report;
    report.job = {pg::text_argument(fcinfo, 0).value_or(""), table_argument(home, fcinfo, 4)};
    report.fence = PG_ARGISNULL(1) ? 0 : pg::pg_call([&] { return PG_GETARG_INT64(1); });
    report.status = pg::text_argument(fcinfo, 2).value_or("");
    if (!PG_ARGISNULL(3)) set_outcome(report, json_tree(PG_GETARG_DATUM(3)));
    return report;
}

[[noreturn]] void refuse_results(const std::string &what) {
    refuse_work(core::format("results can't be used: {}", what),
                "Pass [{\"job_id\": \"...\", \"fence\": 1, \"status\": \"...\", \"outcome\": {...}}, ...].");
}

void set_table(const pg::Home &home, Report &report, const std::string &name) {
    govern::GovernedRef table = find_named_table(home, name);
    if (table)
        report.job.run_table = table->table_name.string();
    else
        report.refusal = core::Refusal{Token::invalid_run_table,
                                       core::format("{} is not a governed table", core::shortened(name)),
                                       {{"run_table", core::shortened(name)}},
                                       "Name it as claim_work does, or leave it out."};
}

std::int64_t fence_in(const core::JsonNode &node) {
    if (node.text.empty() || node.text.size() > 18 ||
        node.text.find_first_not_of("0123456789") != std::string::npos)
        refuse_results(core::format("\"{}\" is not a fence", core::shortened(node.text)));
    return std::stoll(node.text);
}

Report report_in(const pg::Home &home, const core::JsonNode &node) {
    using Type = core::JsonNode::Type;
    if (node.type != Type::object) refuse_results("an element isn't an object");
    Report report;
    for (const auto &[name, value] : node.members) {
        bool is_null = value.type == Type::other && value.text == "null";
        if (name == "outcome")
            set_outcome(report, value);
        else if (name == "fence")
            report.fence = fence_in(value);
        else if (name == "run_table" && (is_null || value.type == Type::string))
            is_null ? void() : set_table(home, report, value.text);
        else if ((name == "job_id" || name == "status") && value.type == Type::string)
            (name == "job_id" ? report.job.job_id : report.status) = value.text;
        else
            refuse_results(core::format("\"{}\" isn't known, or isn't a string", core::shortened(name)));
    }
    return report;
}

std::vector<Report> reports_argument(const pg::Home &home, FunctionCallInfo fcinfo) {
    std::vector<Report> reports;
    if (PG_ARGISNULL(0)) return reports;
    core::JsonNode document = json_tree(PG_GETARG_DATUM(0));
    if (document.type != core::JsonNode::Type::array) refuse_results("it isn't an array");
    if (document.members.size() > max_batch)
        refuse_results(core::format("there are {} and may be {}", document.members.size(), max_batch));
    for (const auto &[unused, node] : document.members) reports.push_back(report_in(home, node));
    return reports;
}

// ---- batches ------------------------------------------------------------------------------------------

struct Answer {
    std::string result = "finished";
    std::optional<std::string> detail;  // JSON
};

Answer answer_of(const core::Refusal &refusal) {
    return {core::token_info(refusal.token).name,
            core::to_json({{"message", refusal.message},
                           {"detail", core::Json{core::to_json(refusal.evidence)}},
                           {"hint", refusal.hint}})};
}

Answer answer_of(const pg::Error &error) {
    const char *sqlstate = unpack_sql_state(error.sqlstate);
    return {"ERROR", core::to_json({{"sqlstate", std::string(sqlstate)},
                                    {"message", error.message},
                                    {"detail", error.detail},
                                    {"hint", error.hint}})};
}

std::vector<Answer> answers_of(const std::vector<std::optional<core::Refusal>> &refusals) {
    std::vector<Answer> answers(refusals.size());
    for (size_t i = 0; i < refusals.size(); i++)
        if (refusals[i]) answers[i] = answer_of(*refusals[i]);
    return answers;
}

void take_out(std::vector<Report> &reports, const std::vector<std::optional<core::Refusal>> &refusals) {
    for (size_t i = 0; i < reports.size(); i++)
        if (refusals[i]) reports[i].refusal = refusals[i];
}

// As one set, of what the caller's role has claimed, or else of what may count, looked at first; what turns
// out not to is taken out of it, and everything undone and done again without.  What failed, if something
// did.
std::optional<pg::Error> finish_set(const pg::Home &home, std::vector<Report> reports,
                                    std::vector<Answer> &answers) {
    bool claimed = true;
    for (;;) {
        bool complete = true;
        std::vector<std::optional<core::Refusal>> refusals;
        std::vector<size_t> in_vain;
        auto failure = pg::try_in_subtransaction(pg::AtEnd::commit, [&] {
            if (!claimed) take_out(reports, Settlement(home, reports).foresee());
            Settlement settlement(home, reports);
            if (claimed)
                complete = settlement.lock_claimed();
            else
                settlement.lock();
            if (!complete) throw pg::to_error(work_not_found(""));
            refusals = settlement.settle();
            in_vain = settlement.locked_in_vain();
            if (!in_vain.empty()) throw pg::to_error(*refusals[in_vain.front()]);
        });
        if (!failure) answers = answers_of(refusals);
        if (complete && in_vain.empty()) return failure;
        if (complete) take_out(reports, refusals);
        claimed = claimed && complete;
    }
}

// If a row can't be updated, one by one.
std::vector<Answer> finish_all(const pg::Home &home, const std::vector<Report> &reports) {
    std::vector<Answer> answers(reports.size());
    if (reports.empty()) return answers;
    auto failure = finish_set(home, reports, answers);
    if (failure && reports.size() == 1) return {answer_of(*failure)};
    for (size_t i = 0; failure && i < reports.size(); i++)
        answers[i] = finish_all(home, {reports[i]}).front();
    return answers;
}

void return_answer(FunctionCallInfo fcinfo, const Report &report, const Answer &answer) {
    retry::RowBuilder row;
    row.text(report.job.job_id);
    row.text(report.job.run_table);
    row.text(answer.result);
    row.json(answer.detail);
    row.put(fcinfo);
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

RETRY_LEDGER_FUNCTION(finish_work_batch) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        pg::SpiScope spi;
        std::vector<work::Report> reports = work::reports_argument(home, fcinfo);
        std::vector<work::Answer> answers = work::finish_all(home, reports);
        for (size_t i = 0; i < reports.size(); i++) work::return_answer(fcinfo, reports[i], answers[i]);
        return Datum(0);
    });
}

// Trying out a run table: a real retry of a real run, and each way to rewrite the past.
//
// The run that is retried is one that the table has: the retry goes the way that an application's would. Only
// if none can be retried now, a run is made for it.  Everything runs as the role that tries (verify.cpp),
// with a look into our own tables as the extension's owner.
#include "history/verify_trial.hpp"

namespace retry_ledger::history {

namespace {

using core::Token;
using govern::Governed;

const char *const check_policy = "the policy allows retries";
const char *const check_new_row = "a retry creates a new row";
const char *const check_original = "the original stays byte for byte";
const char *const check_lineage = "the retry is linked to the original";
const char *const check_ledger = "the decision is on the ledger";
const char *const check_history = "the history is readable";

class RunTrial {
public:
    RunTrial(const pg::Home &home, Governed &table, Report &report)
        : home_(home), table_(table), report_(report), schema_(pg::schema_name(home)) {}

    void go() {
        try_truncate(report_, check_truncate, table_);
        check_the_policy();
        find_and_retry();
        if (run_) {
            check_mutations();
        } else {
            report_.skip(check_update, "no run to try it on");
            report_.skip(check_delete, "no run to try it on");
        }
        settle(check_history, [&] { check_the_history(); });
    }

private:
    // What the checks find goes into the report; what stops them does, too.
    template <class F>
    void settle(const char *check, F &&body) {
        auto failure = pg::try_in_subtransaction(pg::AtEnd::commit, body);
        if (failure) report_.error(check, *failure);
    }

    std::vector<std::string> retryable() const {
        std::vector<std::string> statuses;
        for (const std::string &status : table_.policy->retryable_statuses)
            if (table_.ended.contains(status)) statuses.push_back(status);
        return statuses;
    }

    void check_the_policy() {
        std::string statuses;
        for (const std::string &status : retryable()) statuses += (statuses.empty() ? "" : ", ") + status;
        if (statuses.empty()) return report_.fail(check_policy, "none of its statuses is an ended one");
        report_.pass(check_policy, core::format("version {}: {}, at most {} retries", table_.policy_version,
                                                statuses, table_.policy->max_attempts));
    }

    // Where a run can't be retried now, another one may be.
    void find_and_retry() {
        if (OidIsValid(table_.files)) {
            skip_retry("its runs are retried with their files: verify_installation tries that on " +
                       pg::qualified_name(table_.files));
            return find_any_ended();
        }
        std::vector<TrialRun> runs;
        auto failure = pg::try_in_subtransaction(
            pg::AtEnd::commit, [&] { runs = find_runs(table_, retryable(), table_.policy->max_attempts); });
        for (const TrialRun &run : runs) {
            failure = try_retry(run);
            if (!failure) return check_retry();
            run_ = run;  // has ended: good enough for the mutations
            if (!is_of_this_run(*failure)) return report_retry_failure(*failure);
        }
        make_and_retry();
    }

    void make_and_retry() {
        TrialRun made;
        auto failure =
            pg::try_in_subtransaction(pg::AtEnd::commit, [&] { made = make_run(table_, retryable()); });
        if (failure) {
            skip_retry("no run can be retried now, and none could be made for it: " + in_words(*failure));
            return find_any_ended();
        }
        failure = try_retry(made);
        run_ = made;
        if (!failure) return check_retry();
        if (!is_of_this_run(*failure)) return report_retry_failure(*failure);
        skip_retry("no run can be retried now, nor one that was made for it: " + in_words(*failure));
    }

    // The rules work: they have refused this one run, by its history, its failure or what its tenant has
    // left.
    static bool is_of_this_run(const pg::Error &failure) {
        for (Token token : {Token::already_retried, Token::max_attempts_reached, Token::failure_not_retryable,
                            Token::budget_exhausted, Token::model_profile_not_allowed,
                            Token::insufficient_credits, Token::invalid_price, Token::invalid_max_attempts})
            if (is_refusal(failure, token)) return true;
        return false;
    }

    void skip_retry(const std::string &reason) {
        for (const char *check : {check_new_row, check_original, check_lineage, check_ledger})
            report_.skip(check, reason);
    }

    void find_any_ended() {
        if (run_) return;
        (void)pg::try_in_subtransaction(pg::AtEnd::commit, [&] {
            std::vector<TrialRun> runs = find_runs(table_, table_.ended.strings(), PG_INT16_MAX);
            if (!runs.empty()) run_ = runs.front();
        });
    }

    void report_retry_failure(const pg::Error &failure) {
        report_.error(check_new_row, failure);
        for (const char *check : {check_original, check_lineage, check_ledger})
            report_.skip(check, "there was no retry");
    }

    std::optional<pg::Error> try_retry(const TrialRun &run) {
        return pg::try_in_subtransaction(pg::AtEnd::commit, [&] {
            std::string before = image_of(run);
            std::optional<std::string> new_key = unused_key(table_);
            pg::SpiScope spi;
            pg::Rows rows =
                pg::run(core::format("SELECT retry_run_id, attempt, status FROM {}.retry_run(run_id => $1,"
                                     " reason => $2, run_table => $3, tenant => $4, new_run_id => $5)",
                                     schema_),
                        {pg::text_param(run.key), pg::text_param(std::string_view("verify_installation")),
                         pg::regclass_param(table_.root),
                         pg::text_param(table_.tenant ? run.tenant : std::nullopt), pg::text_param(new_key)});
            retry_ = TrialRun{rows.string(0, 1), run.tenant};
            attempt_ = rows.integer(0, 2);
            status_ = rows.string(0, 3);
            before_ = before;
            run_ = run;
        });
    }

    // The version of the row and all its values, as bytes.
    std::string image_of(const TrialRun &run) {
        pg::SpiScope spi;
        pg::Rows rows = pg::run(core::format("SELECT t.tableoid, t.ctid, t.xmin, t.* FROM {} t"
                                             " WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                             table_.table_name.view(), key_column()),
                                {run.key_param(table_)});
        if (rows.size() != 1) throw pg::Error{ERRCODE_NO_DATA_FOUND, "the caller doesn't see the run"};
        HeapTuple tuple = rows.tuple(0);
        constexpr size_t start = offsetof(HeapTupleHeaderData, t_bits);
        return std::string(reinterpret_cast<char *>(tuple->t_data) + start, tuple->t_len - start);
    }

    std::string key_column() const { return pg::quote_ident(table_.key.name.string()); }

    void check_retry() {
        settle(check_new_row, [&] { check_the_new_row(); });
        settle(check_original, [&] {
            if (image_of(*run_) == before_)
                report_.pass(check_original, "same row version, same bytes");
            else
                report_.fail(check_original, core::format("run {} has changed", run_->key));
        });
        settle(check_lineage, [&] { check_the_lineage(); });
        settle(check_ledger, [&] { check_the_ledger(); });
    }

    void check_the_new_row() {
        (void)image_of(*retry_);
        if (retry_->key == run_->key) return report_.fail(check_new_row, "it has the original's id");
        if (!table_.initial.contains(status_)) return report_.fail(check_new_row, "it is " + status_);
        report_.pass(check_new_row,
                     core::format("{} of {}: attempt {}, {}{}", retry_->key, run_->key, attempt_, status_,
                                  run_->made_for_trial ? ", of a run made for it" : ""));
    }

    void check_the_lineage() {
        pg::SpiScope spi;
        auto expression = [](const govern::Column &column, const char *otherwise) {
            return column ? "t." + pg::quote_ident(column.name.string()) : std::string(otherwise);
        };
        pg::Rows rows =
            pg::run(core::format("SELECT {}, {}, {} FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                 expression(table_.parent, "NULL"), expression(table_.attempt, "NULL"),
                                 expression(table_.is_retry, "true"), table_.table_name.view(), key_column()),
                    {retry_->key_param(table_)});
        bool right = rows.text(0, 1) == run_->key && rows.integer(0, 2) == attempt_ && attempt_ > 1 &&
                     rows.boolean(0, 3);
        std::string found = core::format("parent {}, attempt {}", rows.string(0, 1), rows.integer(0, 2));
        right ? report_.pass(check_lineage, found) : report_.fail(check_lineage, found);
    }

    // As the extension's owner.
    void check_the_ledger() {
        pg::AsRole owner(home_.owner);
        pg::SpiScope spi;
        std::vector<pg::Param> params = {pg::text_param(table_.table_name.view()), pg::text_param(run_->key),
                                         pg::text_param(retry_->key)};
        pg::Rows rows = pg::run(
            core::format(
                "SELECT (SELECT count(*) FROM {0}.ledger_entry e WHERE run_table = $1 AND run_key = $2"
                " AND action = 'retried' AND evidence->>'retry_run_id' = $3"
                " AND leaf_hash = {0}.ledger_leaf_hash(e)),"
                " (SELECT count(*) FROM {0}.retry WHERE run_table = $1 AND parent_key = $2"
                " AND retry_key = $3 AND voided_at IS NULL)",
                schema_),
            params);
        int64 entries = rows.integer(0, 1), links = rows.integer(0, 2);
        std::string found = core::format("entries with a right hash: {}, links: {}", entries, links);
        entries == 1 && links == 1 ? report_.pass(check_ledger, found) : report_.fail(check_ledger, found);
    }

    void check_mutations() {
        pg::Param key = run_->key_param(table_);
        pg::Param status = {table_.status.type, pg::input_datum(table_.status.type, table_.status.typmod,
                                                                table_.initial.items[0].string())};
        try_forbidden(report_, check_update,
                      core::format("UPDATE {} t SET {} = $2 WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                   table_.table_name.view(), pg::quote_ident(table_.status.name.string()),
                                   key_column()),
                      {key, status});
        try_forbidden(report_, check_delete,
                      core::format("DELETE FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                   table_.table_name.view(), key_column()),
                      {key});
    }

    void check_the_history() {
        pg::SpiScope spi;
        pg::Param name = pg::text_param(table_.table_name.view());
        if (!retry_) {
            pg::run(
                core::format("SELECT FROM {}.retry_history WHERE run_table OPERATOR(pg_catalog.=) $1 LIMIT 1",
                             schema_),
                {name});
            return report_.pass(check_history, "without a retry to find in it");
        }
        pg::Rows rows = pg::run(
            core::format(
                "SELECT (SELECT pg_catalog.count(*) FROM {0}.retry_history"
                " WHERE run_table OPERATOR(pg_catalog.=) $1 AND original_run_id OPERATOR(pg_catalog.=) $2"
                " AND retry_run_id OPERATOR(pg_catalog.=) $3),"
                " (SELECT pg_catalog.count(*) FROM {0}.retry_lineage($2, $4, $5))",
                schema_),
            {name, pg::text_param(run_->key), pg::text_param(retry_->key), pg::regclass_param(table_.root),
             pg::text_param(table_.tenant ? run_->tenant : std::nullopt)});
        bool found = rows.integer(0, 1) == 1 && rows.integer(0, 2) >= 2;
        std::string detail = core::format("the retry in retry_history: {}, runs in retry_lineage: {}",
                                          rows.integer(0, 1), rows.integer(0, 2));
        found ? report_.pass(check_history, detail) : report_.fail(check_history, detail);
    }

    const pg::Home home_;
    Governed &table_;
    Report &report_;
    const std::string schema_;
    std::optional<TrialRun> run_, retry_;  // the original and its retry
    int64 attempt_ = 0;
    std::string status_, before_;
};

}  // namespace

std::vector<std::string> run_checks() {
    return {check_columns, check_guards, check_policy, check_new_row,  check_original, check_lineage,
            check_ledger,  check_update, check_delete, check_truncate, check_history};
}

void try_runs(const pg::Home &home, Governed &table, Report &report) {
    RunTrial(home, table, report).go();
}

}  // namespace retry_ledger::history

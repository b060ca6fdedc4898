// Trying out a table of files: a run is made with two of them, ended by the second and retried with the one
// that failed; each way to rewrite the past must be refused.  Everything runs as the role
// that tries (verify.cpp).
#include "history/verify_trial.hpp"

namespace retry_ledger::history {

namespace {

using govern::Governed;

const char *const check_last_file = "the last file ends its run";
const char *const check_taken_up = "a retry takes up the failed file";
const char *const check_progress = "the progress is readable";

std::string column_of(const govern::Column &column) {
    return pg::quote_ident(column.name.string());
}

class FileTrial {
public:
    FileTrial(const pg::Home &home, Governed &files, Governed &runs, Report &report)
        : files_(files), runs_(runs), report_(report), schema_(pg::schema_name(home)) {}

    void go() {
        try_truncate(report_, check_truncate, files_);
        auto failure = pg::try_in_subtransaction(pg::AtEnd::commit, [&] { make_files(); });
        if (failure) return report_.skip_rest("no run with files could be made: " + in_words(*failure));
        settle(check_last_file, [&] { end_by_files(); });
        settle(check_taken_up, [&] { retry(); });
        check_mutations();
        settle(check_progress, [&] { read_progress(); });
        report_.skip_rest("the run didn't end");
    }

private:
    template <class F>
    void settle(const char *check, F &&body) {
        auto failure = pg::try_in_subtransaction(pg::AtEnd::commit, body);
        if (failure) report_.error(check, *failure);
    }

    // Carries over what a retry would carry over, from some file; `from_source` false: nothing but defaults.
    std::string insert_text(int index, bool from_source) const {
        std::string columns = core::format("{}, {}, {}", column_of(files_.run), column_of(files_.index),
                                           column_of(files_.status)),
                    values = core::format("$1, {}, $2", index);
        auto add = [&](const std::string &column, const std::string &value) {
            columns += ", " + column;
            values += ", " + value;
        };
        if (files_.tenant) add(column_of(files_.tenant), "$3");
        if (files_.new_key.view() == "uuid") add(column_of(files_.key), "pg_catalog.gen_random_uuid()");
        for (const govern::Name &now : files_.now_columns)
            add(pg::quote_ident(now.string()), "pg_catalog.now()");
        if (from_source)
            for (const govern::Name &input : files_.inputs)
                if (!is_set(input.view()))
                    add(pg::quote_ident(input.string()), "s." + pg::quote_ident(input.string()));
        return core::format("INSERT INTO {0} ({1}) SELECT {2}{3} RETURNING {4}", files_.table_name.view(),
                            columns, values,
                            from_source ? core::format(" FROM {} s LIMIT 1", files_.table_name.view()) : "",
                            column_of(files_.key));
    }

    bool is_set(std::string_view name) const {
        for (const govern::Column *column :
             {&files_.key, &files_.run, &files_.index, &files_.status, &files_.tenant, &files_.parent,
              &files_.attempt, &files_.is_retry})
            if (*column && column->name.view() == name) return true;
        return false;
    }

    std::string make_file(int index, bool from_source) {
        pg::SpiScope spi;
        std::vector<pg::Param> params = {
            run_.key_param(runs_),
            {files_.status.type,
             pg::input_datum(files_.status.type, files_.status.typmod, files_.initial.items[0].string())}};
        if (files_.tenant) {
            pg::Param tenant = {files_.tenant.type, Datum(0), !run_.tenant.has_value()};
            if (run_.tenant)
                tenant.value = pg::input_datum(files_.tenant.type, files_.tenant.typmod, *run_.tenant);
            params.push_back(tenant);
        }
        pg::Rows rows = pg::run(insert_text(index, from_source), params);
        return rows.empty() ? "" : rows.string(0, 1);
    }

    void make_files() {
        run_ = make_open_run(runs_);
        for (int index = 0; index < 2; index++) {
            std::string key;
            auto failure =
                pg::try_in_subtransaction(pg::AtEnd::commit, [&] { key = make_file(index, true); });
            if (failure || key.empty()) key = make_file(index, false);
            if (key.empty())
                throw pg::Error{ERRCODE_NO_DATA_FOUND, "a trigger of the application suppressed the INSERT"};
            keys_.push_back(key);
        }
    }

    pg::Param key_param(int file) const {
        return {files_.key.base_type, pg::input_datum(files_.key.base_type, -1, keys_[file])};
    }

    std::vector<std::string> statuses(bool completed) const {
        std::vector<std::string> result;
        for (const std::string &status : files_.ended.strings())
            if (completed ? files_.success_statuses.contains(status) : files_.retry_statuses.contains(status))
                result.push_back(status);
        return result;
    }

    std::string status_of_run() {
        pg::SpiScope spi;
        return pg::run(core::format("SELECT t.{} FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                    column_of(runs_.status), runs_.table_name.view(), column_of(runs_.key)),
                       {run_.key_param(runs_)})
            .string(0, 1);
    }

    void end_by_files() {
        std::vector<std::string> completed = statuses(true);
        move_to(files_, key_param(0), completed.empty() ? statuses(false) : completed);
        std::string before = status_of_run();
        if (runs_.ended.contains(before))
            return report_.fail(check_last_file, "it is " + before + " before its last file has ended");
        move_to(files_, key_param(1), statuses(false));
        std::string after = status_of_run();
        ended_ = after == files_.partial_status.view();
        std::string found = core::format("a run made for it went from {} to {}", before, after);
        ended_ ? report_.pass(check_last_file, found) : report_.fail(check_last_file, found);
    }

    void retry() {
        if (!ended_) return report_.skip(check_taken_up, "the run didn't end");
        std::optional<std::string> new_key = unused_key(runs_);
        pg::SpiScope spi;
        std::string retry_key =
            pg::run(core::format("SELECT retry_run_id FROM {}.retry_failed_files(run_id => $1,"
                                 " reason => 'verify_installation', run_table => $2, tenant => $3,"
                                 " new_run_id => $4)",
                                 schema_),
                    {pg::text_param(run_.key), pg::regclass_param(runs_.root),
                     pg::text_param(runs_.tenant ? run_.tenant : std::nullopt), pg::text_param(new_key)})
                .string(0, 1);
        pg::Rows rows =
            pg::run(core::format("SELECT pg_catalog.count(*) FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1"
                                 " AND t.{} OPERATOR(pg_catalog.=) $2 AND t.{}",
                                 files_.table_name.view(), column_of(files_.parent), column_of(files_.run),
                                 column_of(files_.is_retry)),
                    {key_param(1), TrialRun{retry_key}.key_param(runs_)});
        std::string found =
            core::format("run {}, new attempts of the file in it: {}", retry_key, rows.integer(0, 1));
        rows.integer(0, 1) == 1 ? report_.pass(check_taken_up, found) : report_.fail(check_taken_up, found);
    }

    void check_mutations() {
        if (!ended_) return;
        pg::Param status = {files_.status.type, pg::input_datum(files_.status.type, files_.status.typmod,
                                                                files_.initial.items[0].string())};
        try_forbidden(report_, check_update,
                      core::format("UPDATE {} t SET {} = $2 WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                   files_.table_name.view(), column_of(files_.status), column_of(files_.key)),
                      {key_param(1), status});
        try_forbidden(report_, check_delete,
                      core::format("DELETE FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                   files_.table_name.view(), column_of(files_.key)),
                      {key_param(1)});
    }

    void read_progress() {
        pg::SpiScope spi;
        pg::Rows rows = pg::run(
            core::format("SELECT total::pg_catalog.int8 FROM {}.workflow_progress"
                         " WHERE run_table OPERATOR(pg_catalog.=) $1 AND run_id OPERATOR(pg_catalog.=) $2",
                         schema_),
            {pg::text_param(runs_.table_name.view()), pg::text_param(run_.key)});
        bool right = rows.size() == 1 && rows.integer(0, 1) == 2;
        right ? report_.pass(check_progress, "2 files") : report_.fail(check_progress, "not 2 files");
    }

    Governed &files_, &runs_;
    Report &report_;
    const std::string schema_;
    TrialRun run_;
    std::vector<std::string> keys_;  // of the two files
    bool ended_ = false;
};

}  // namespace

std::vector<std::string> file_checks() {
    return {check_columns, check_guards, check_last_file, check_taken_up,
            check_update,  check_delete, check_truncate,  check_progress};
}

void try_files(const pg::Home &home, Governed &files, Report &report) {
    govern::GovernedRef runs = govern::find_governed(home, files.of_table);
    if (!runs) return report.skip_rest("the runs of its files aren't governed");
    FileTrial(home, files, *runs, report).go();
}

}  // namespace retry_ledger::history

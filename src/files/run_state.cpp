#include "files/run_state.hpp"

#include "pg/application.hpp"
#include "pg/as_owner.hpp"
#include "pg/lock.hpp"

namespace retry_ledger::files {

using govern::Governed;

namespace {

std::string column_or_null(const govern::Column &column) {
    return column ? "t." + pg::quote_ident(column.name.string()) : "NULL";
}

SPIPlanPtr prepare_state(const Governed &runs) {
    const std::optional<std::string> &limit = runs.policy->max_attempts_column;
    std::string own_limit = limit ? "t." + pg::quote_ident(*limit) : "NULL";
    return pg::prepare_kept(
        core::format("SELECT {}, {}, {}, {}, {}, {} FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1",
                     column_or_null(runs.key), column_or_null(runs.status), column_or_null(runs.attempt),
                     column_or_null(runs.parent), column_or_null(runs.tenant), own_limit,
                     runs.table_name.view(), pg::quote_ident(runs.key.name.string())),
        {runs.key.base_type});
}

}  // namespace

std::optional<RunState> run_state(Governed &runs, Datum key) {
    pg::AsTableReader reader(pg::owner_of(runs.root));
    pg::SpiScope spi;
    if (runs.run_state == nullptr) runs.run_state = prepare_state(runs);
    pg::Rows row = pg::run(runs.run_state, {{runs.key.base_type, key}}, pg::See::latest, 1);
    if (row.empty()) return std::nullopt;
    RunState state;
    state.key = row.string(0, 1);
    state.status = row.string(0, 2);
    state.ended = runs.ended.contains(state.status);
    state.attempt = static_cast<int>(std::min<int64>(row.integer(0, 3), PG_INT32_MAX - 1));
    state.parent = row.text(0, 4);
    state.tenant = row.text(0, 5);
    if (runs.policy->max_attempts_column && !row.is_null(0, 6)) state.max_attempts = row.integer(0, 6);
    return state;
}

std::optional<std::string> begun_file(const pg::Home &home, const Governed &runs,
                                      const std::string &run_key) {
    govern::GovernedRef files =
        OidIsValid(runs.files) ? govern::find_governed(home, runs.files) : govern::GovernedRef();
    if (!files) return std::nullopt;
    pg::AsTableReader reader(pg::owner_of(files->root));
    pg::SpiScope spi;
    pg::Rows row =
        pg::run_latest(core::format("SELECT t.{0} FROM {1} t WHERE t.{2} OPERATOR(pg_catalog.=) $1"
                                    " AND t.{0} OPERATOR(pg_catalog.<>) ALL ($2) LIMIT 1",
                                    pg::quote_ident(files->status.name.string()), files->table_name.view(),
                                    pg::quote_ident(files->run.name.string())),
                       {{runs.key.base_type, pg::input_datum(runs.key.base_type, -1, run_key)},
                        pg::array_of(files->status.base_type, files->initial.strings())});
    if (row.empty()) return std::nullopt;
    return row.string(0, 1);
}

govern::GovernedRef runs_of(const pg::Home &home, const Governed &files) {
    govern::GovernedRef runs = govern::find_governed(home, files.of_table);
    if (!runs)
        throw pg::Error{ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                        core::format("the runs of {} aren't governed any more", files.table_name.view()),
                        "Whether a file may change depends on its run.",
                        "Govern their table again, or release the table of the files."};
    return runs;
}

FileLock::FileLock(const pg::Home &home, std::string_view runs_table, std::string_view run_key)
    : home_(home),
      number_(pg::lock_number(run_key)),
      name_(core::format("files {} {}", runs_table, number_)) {}

void FileLock::share() const {
    pg::lock_name_shared(home_, name_);
}

void FileLock::take() const {
    pg::unlock_shared(home_, name_);
    pg::lock_name_to_the_end(home_, name_);
}

bool FileLock::is_taken() const {
    return pg::holds_name(home_, name_);
}

bool is_written_here(const Governed &runs, const std::string &run_key) {
    pg::AsTableReader reader(pg::owner_of(runs.root));
    pg::Rows row =
        pg::run_latest(core::format("SELECT t.xmin FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                    runs.table_name.view(), pg::quote_ident(runs.key.name.string())),
                       {{runs.key.base_type, pg::input_datum(runs.key.base_type, -1, run_key)}});
    if (row.empty()) return false;
    bool null;
    const TransactionId writer = DatumGetTransactionId(row.value(0, 1, &null));
    return pg::pg_call([&] { return TransactionIdIsCurrentTransactionId(writer); });
}

}  // namespace retry_ledger::files

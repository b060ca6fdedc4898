// The steps of an adoption, in their order.  Each refuses what it can't do right, and adds to the report what
// it decided.
#pragma once

#include <functional>

#include "govern/adopt_shape.hpp"

namespace retry_ledger::govern {

// What is governed already, as it stands in governed_table.
struct Recorded {
    std::string table_name;
    Adoption adoption;
    bool knows_runs = false;  // whether anything is recorded of its runs,
    bool judged = false;      // and by rules of ours, not found when it was adopted
};

class Work;

// A lineage column that the table lacks.
struct NewColumn {
    core::Role role;
    std::string name;
    std::string definition;   // type, default and so on
    std::string as_selected;  // its value in the rows that exist
};

// What stands under the table's name from before: nothing; what this very table left there at its release;
// or what may be of another table.
enum class History { none, its_own, of_its_name };

// Everything that the steps share.
struct Adopting {
    const Request &request;
    TableShape table;
    std::optional<Recorded> recorded;
    Adoption decided;
    std::vector<NewColumn> new_columns;
    Report report;
    History history = History::none;

    void add(std::string item, MaybeText decision, std::string detail) {
        report.push_back({std::move(item), std::move(decision), std::move(detail)});
    }
    const ColumnShape *mapped(core::Role role) const {
        const MaybeText &name = decided.column(role);
        return name ? table.find(*name) : nullptr;
    }
};

// adopt_table.cpp: whether this relation can be governed at all, by whoever asks.
void check_table(const TableShape &table, const Request &request);
// Refuses what goes with a session.
void check_parts_last(const TableShape &table);
// Refuses a column that shows names of objects which anybody may rename.
void check_references(const TableShape &table);

// adopt_mapping.cpp: which column plays which role; lists the lineage columns to add.
void map_columns(Adopting &adopting);

// adopt_keys.cpp: whether the key identifies a run, and where the key of a retry comes from.
void check_key(Adopting &adopting);
// Refuses a column that may be NULL; `word` is its role.
void require_not_null(const Adopting &adopting, const ColumnShape &column, const char *word, const char *why);

// Whether the index keeps a key unique for good: none that goes with a session does.
bool lasts(const Adopting &adopting, const IndexShape &index);

// adopt_row.cpp: what a retry's row carries over from the run that it retries.
void divide_columns(Adopting &adopting);

// adopt_partitions.cpp: the columns that never change; a partition key must be one of them.
void freeze_columns(Adopting &adopting);

// adopt_uniques.cpp: UNIQUE and EXCLUDE constraints that a retry's row would violate.
void check_uniques(Adopting &adopting);

// adopt_statuses.cpp: the closed set of statuses.  `stored`: every status that a row has.
struct StatusSource {
    bool constrained = false;  // an enum or a CHECK names all values
    Names labels;
};
StatusSource read_status_source(const Adopting &adopting);
void check_declared_statuses(Adopting &adopting);  // what needs no look at the rows
void decide_statuses(Adopting &adopting, const Names &stored);

// adopt_files.cpp: what only files have: the table of their runs, what is retried, how a run ends by them.
void check_files(Adopting &adopting);
void decide_file_statuses(Adopting &adopting);
void create_file_index(Adopting &adopting, Work &work);
bool counts_differently(const Adopting &adopting);
void count_files(const Adopting &adopting);

// adopt_scan.cpp: the rows that exist, in one pass.
struct Existing {
    int64 rows = 0, ended = 0, children = 0;
    std::string digest;  // hex; empty: not taken
    std::vector<std::pair<std::string, int64>> by_status;
    int64 legacy_recorded = 0;
    int64 gone = 0;  // runs of the history that the table no longer has
};
Existing scan_runs(Adopting &adopting);
Existing scan_rows(Adopting &adopting);  // of an append-only or write-once table

// adopt_history.cpp: whose the history under the table's name is; refuses who has no claim to it.
void find_history(Adopting &adopting);

// adopt_legacy.cpp: retries that the table had before it was governed.
void adopt_legacy_retries(Adopting &adopting, Existing &existing);

// adopt_guards.cpp and adopt_view.cpp: DDL.
void check_guard_names(const Adopting &adopting);
void attach_guards(Adopting &adopting, Work &work);
void attach_lock(const TableShape &table, const pg::Home &home, Work &work);
void remove_guards(const TableShape &table, const pg::Home &home, Work &work);
void check_history_view(const Adopting &adopting);
void create_history_view(Adopting &adopting, Work &work);
void remove_history_view(const TableShape &table, const pg::Home &home, Work &work);

// adopt_record.cpp: configuration and ledger.
std::optional<Recorded> read_recorded(const pg::Home &home, Oid table);
// What a second call may not change.
void check_change(Adopting &adopting);
void check_columns_kept(const Adopting &adopting);
void check_policy_kept(const Adopting &adopting);
void check_ended_kept(const Adopting &adopting, const Names &stored);
void check_active_kept(const Adopting &adopting);
void check_meanings_kept(const Adopting &adopting, const Names &stored);
void record(Adopting &adopting, const Existing &existing);
// No row is born with one of them from now on.
void keep_keys(const pg::Home &home, const std::string &table_name, const Names &keys);

// Runs a call with SPI and a pinned search_path, and returns its report as rows.
Datum answer(FunctionCallInfo fcinfo, const std::function<Report()> &body);

// Runs DDL on the table as the caller, or says what it would run.
class Work {
public:
    Work(Report &report, bool dry_run) : report_(report), dry_run_(dry_run) {}
    void run(const std::string &sql, const char *lock);
    bool dry_run() const { return dry_run_; }

private:
    Report &report_;
    bool dry_run_;
};

}  // namespace retry_ledger::govern

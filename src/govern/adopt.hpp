// Adopting a table: shared by the files adopt_*.cpp.  A call goes
//
//   request (arguments) → shape (what the table is) → adoption (what is decided) → work (DDL), scan (existing
//   rows), record (configuration, ledger)
//
// and whatever can't be done right is refused before anything is done.
#pragma once

#include "core/names.hpp"
#include "core/statuses.hpp"
#include "pg/own_table.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::govern {

using Names = std::vector<std::string>;
using MaybeText = std::optional<std::string>;

// One row of an answer.
struct Decision {
    std::string item;
    MaybeText decision;
    std::string detail;
};
using Report = std::vector<Decision>;

// The arguments of a call.
struct Request {
    pg::Home home;
    Oid entry = InvalidOid;  // the SQL function that was called
    std::string function;    // its name with its schema
    Oid table = InvalidOid;
    MaybeText columns[core::role_count];
    MaybeText statuses, transitions, label, void_status;
    std::optional<Names> inputs, outcomes, once;
    std::optional<bool> require_tenant;
    Oid of_table = InvalidOid;  // of files: the table of their runs
    std::optional<Names> retry_statuses, success_statuses;
    MaybeText completed_status, partial_status, completed_column, failed_column;
    bool dry_run = false;
    std::vector<std::pair<std::string, std::string>> given;  // as SQL: name, literal

    const MaybeText &column(core::Role role) const { return columns[static_cast<int>(role)]; }

    // This call as it would work: with one argument added or replaced.
    std::string call_with(const std::string &argument, const std::string &literal) const;
};

Request read_runs_request(FunctionCallInfo fcinfo);
Request read_files_request(FunctionCallInfo fcinfo);
Request read_append_only_request(FunctionCallInfo fcinfo);
Request read_write_once_request(FunctionCallInfo fcinfo);

// Small helpers for texts.
std::string join(const Names &names, const char *separator = ", ");
std::string array_literal(const Names &names);  // '{a,"b c"}'
bool contains(const Names &names, const std::string &name);

// What is decided about a table: a row of governed_table.
struct Adoption {
    std::string kind, label;
    MaybeText columns[core::role_count];
    core::Statuses statuses;
    MaybeText transitions;  // jsonb
    Names inputs, outcomes, frozen, once, now;
    std::string new_key = "default";
    bool own_key_rows = false;
    MaybeText void_status;
    bool require_tenant = false;
    bool locked = false;

    // Of files: their runs' table, which statuses a retry takes up, how a run ends whose files have ended,
    // and the run's columns that count them.
    Oid of_table = InvalidOid;
    Names retry_statuses, success_statuses;
    MaybeText completed_status, partial_status, completed_column, failed_column;
    int attempt_base = 1;

    bool has_statuses() const { return kind == "runs" || kind == "files"; }
    core::RowsOf rows() const { return kind == "files" ? core::RowsOf::files : core::RowsOf::runs; }
    MaybeText &column(core::Role role) { return columns[static_cast<int>(role)]; }
    const MaybeText &column(core::Role role) const { return columns[static_cast<int>(role)]; }
};

}  // namespace retry_ledger::govern

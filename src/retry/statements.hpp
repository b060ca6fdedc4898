// The statements that we run on an application's table, as the caller: its role, its search_path, its row
// level security.
#pragma once

#include <functional>
#include <map>

#include "govern/governed.hpp"

namespace retry_ledger::retry {

// A run as the caller sees it, with the row itself.  Lives as long as the rows that it is one of.
struct VisibleRun {
    pg::Rows row;
    uint64 index = 0;  // of it in `row`
    std::string status, key;
    std::optional<std::string> tenant;
    std::optional<std::string> error;  // its first 10,000 characters
    int attempt = 1;
    bool has_parent = false;

    // Of any stored column, whatever the settings.
    std::optional<std::string> text(const std::string &column) const;
    std::optional<std::int64_t> integer(const std::string &column) const;
};

// Nothing if the caller can't see the run or it doesn't exist.
std::optional<VisibleRun> find_run(govern::Governed &table, Datum key, pg::See see = pg::See::transaction);

// "SELECT … FROM … t": the stored columns of each run, in order.  What a content hash covers.
std::string select_from(const govern::Governed &table);

// The run in one row of such a SELECT.
VisibleRun run_in(const govern::Governed &table, const pg::Rows &rows, uint64 index);

// Values that a retry has instead of its parent's, by column.
struct ColumnValue {
    pg::Param param;
    std::optional<std::string> text;
};
using Overrides = std::map<std::string, ColumnValue>;

// Whether a column has a role of its own: key, status, tenant, lineage, reason.
bool is_mapped(const govern::Governed &table, std::string_view name);

// Runs the INSERT of retries.  Says of a value that is missing how it can be carried over.
pg::Rows explaining_nulls(const govern::Governed &table, const std::function<pg::Rows()> &insert);

// What the new row carries over, in the order of insert_retry's columns.
struct NewRun {
    const VisibleRun &parent;
    Datum parent_key;
    std::string reason;
    std::optional<std::string> new_key;
    const Overrides &overrides;
};

struct BornRun {
    std::string key, status;
    int attempt;
};

BornRun insert_retry(govern::Governed &table, const NewRun &run);

// The retries of many runs as one statement, in this order, carrying over what insert_retry does.  It sees
// everything committed by now, whatever the isolation level, as the decisions before it did.
struct NewRuns {
    std::vector<std::string> parent_keys, reasons;
};

// An array of keys, in the key's base type.
pg::Param key_array(const govern::Governed &table, const std::vector<std::string> &keys);

// The keys of the new runs by those of their parents.  Raises if one of them isn't inserted.
std::map<std::string, std::string> insert_retries(const govern::Governed &table, const NewRuns &runs);

}  // namespace retry_ledger::retry

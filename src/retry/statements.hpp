// The statements that we run on an application's table, as the caller: its role, its search_path, its row
// level security.
#pragma once

#include <map>

#include "govern/governed.hpp"

namespace retry_ledger::retry {

// A run as the caller sees it, with the row itself.  Lives as long as the SpiScope around it.
struct VisibleRun {
    pg::Rows row;
    std::string status, key;
    std::optional<std::string> tenant;
    std::optional<std::string> error;  // its first 10,000 characters
    int attempt = 1;
    bool has_parent = false;
    Datum tenant_datum = 0;
    bool tenant_null = true;

    std::optional<std::string> text(const std::string &column) const;  // of any stored column
};

// Nothing if the caller can't see the run or it doesn't exist.
std::optional<VisibleRun> find_run(govern::Governed &table, Datum key, pg::See see = pg::See::transaction);

// Values that a retry has instead of its parent's, by column.
struct Override {
    pg::Param param;
    std::optional<std::string> text;
};
using Overrides = std::map<std::string, Override>;

// Whether a column has a role of its own: key, status, tenant, lineage, reason.
bool is_mapped(const govern::Governed &table, std::string_view name);

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

}  // namespace retry_ledger::retry

// Moving rows of the application's tables from status to status, as the caller: its role, its search_path,
// its row level security.  The guards check and record each change as they do anybody's.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "work/queue.hpp"

namespace retry_ledger::work {

struct Move {
    std::string status;                // to which
    std::vector<std::string> columns;  // that the outcomes set
    std::optional<std::string> stamp;  // a time to fill in, unless it has one
    bool begin = false;                // a start: a row that is beyond its initial status needs none
};

struct RowOutcome {
    std::string key;
    std::optional<std::string> outcome;  // JSON object of `columns`
};

// What became of rows that weren't moved.
struct Moved {
    std::unordered_map<std::string, std::string> ended;  // they had ended already: in which status
    std::unordered_set<std::string> unseen;              // the caller doesn't see them
    bool all() const { return ended.empty() && unseen.empty(); }
    bool moved(const std::string &key) const { return ended.count(key) == 0 && unseen.count(key) == 0; }
};

// One statement where every row may go straight to the status; rows that can't go by the declared
// transitions.  Within a SpiScope.
Moved move_rows(govern::Governed &table, const Move &move, const std::vector<RowOutcome> &rows);

// The statuses of rows as the caller sees them, by key.
std::unordered_map<std::string, std::string> statuses_of(govern::Governed &table,
                                                         const std::vector<std::string> &keys);

}  // namespace retry_ledger::work

// Moving rows of the application's tables from status to status, as the caller: its role, its search_path,
// its row level security.  The guards check and record each change as they do anybody's.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "work/queue.hpp"

namespace retry_ledger::work {

// Which rows a move takes.
enum class From {
    anywhere,
    start,     // from an initial status; a row that is active already needs no start
    unstarted  // from an initial status only
};

struct Move {
    std::string status;                // to which
    std::vector<std::string> columns;  // that the outcomes set
    std::optional<std::string> stamp;  // a time to fill in, unless it has one
    From from = From::anywhere;
};

struct RowOutcome {
    std::string key;
    std::optional<std::string> outcome;  // JSON object of `columns`
};

// In place of a row's key: all files of a run that haven't ended.  No row has such a key.
std::string batch_key(const std::string &run_key);

struct FileRow {
    std::string key, index, status;
};

// All files of these runs as the caller sees them, by run; of a run of which it doesn't see all, none.
std::unordered_map<std::string, std::vector<FileRow>> files_of_runs(const pg::Home &home,
                                                                    govern::Governed &files,
                                                                    const std::vector<std::string> &run_keys);

// What became of rows that weren't moved.
struct Moved {
    std::unordered_map<std::string, std::string> ended;   // they had ended already: in which status
    std::unordered_map<std::string, std::string> active;  // From::unstarted: they had been started
    std::unordered_set<std::string> unseen;               // the caller doesn't see them
};

// One statement where every row may go straight to the status; rows that can't go by the declared
// transitions.  Within a SpiScope.
Moved move_rows(const pg::Home &home, govern::Governed &table, const Move &move,
                const std::vector<RowOutcome> &rows);

// The statuses of rows as the caller sees them, by key.
std::unordered_map<std::string, std::string> statuses_of(const pg::Home &home, govern::Governed &table,
                                                         const std::vector<std::string> &keys);

// Whether the policies of the table let the caller see and update the row; of a batch see all files, and
// update one.  Nothing is touched, and nobody is waited for.
bool policies_let_move(const pg::Home &home, govern::Governed &table, const std::string &key);

}  // namespace retry_ledger::work

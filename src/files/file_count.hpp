// Counting the files of a run without a row that all writers would wait for.
//
// Each process has a row of its own for each run whose files it changes (file_count).  Who may have ended the
// last file sees that by reading also what others haven't committed yet; only then it waits for them
// (fan_in.hpp).
#pragma once

#include "govern/governed.hpp"

namespace retry_ledger::files {

struct FileCount {
    int files = 0, completed = 0, failed = 0, error = 0, retried_failed = 0, retried_pending = 0;
    int rows = 0;  // that it was added up from

    int open() const { return files - completed - failed - error; }
    int ended() const { return completed + failed + error; }
};

// A run of a governed table.
struct RunName {
    std::string_view table;  // as on the ledger
    std::string_view key;
};

void add_count(const pg::Home &home, RunName run, const FileCount &change);

// What is committed, and our own.
FileCount count_files(const pg::Home &home, RunName run);

// How many files are open at least, whatever becomes of the transactions in progress: files that they have
// ended are taken as ended, files that they have inserted as not there.
int fewest_open(const pg::Home &home, RunName run);

// Makes one row of all.  Only under the exclusive lock of the run's files.
void sum_up(const pg::Home &home, RunName run);

}  // namespace retry_ledger::files

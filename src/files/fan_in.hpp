// The end of a run by its last file, exactly once, whoever and how many end files at the same time.
#pragma once

#include "files/file_count.hpp"
#include "files/run_state.hpp"

namespace retry_ledger::files {

// Files of the run are about to change: from here until the transaction ends nobody else can end it.
void join(const pg::Home &home, const govern::Governed &runs, const std::string &key);

// Files of the run have ended: ends it, if no other is open.
void close_if_last(const pg::Home &home, govern::Governed &runs, const govern::Governed &files,
                   const std::string &key);

// Triggers that come before ours have ended files of the run that were still to be counted as born, so its
// last file may have ended where files are born.
bool has_early_ends(const govern::Governed &runs, const std::string &key);

// A run of a table with files was ended, by whatever statement, with the command `ended_at`: waits until
// nobody changes its files any more.
void end_of_run(const pg::Home &home, govern::Governed &runs, const std::string &key, CommandId ended_at);

// Before something is decided by the files of a run that has ended.  The statement that ends it may be under
// way, in this transaction: its guard, and with it end_of_run, comes when it has written all.
void wait_for_files(const pg::Home &home, govern::Governed &runs, const std::string &key);

// A statement has born files of the run: refuses if others have ended it by then, in the statement's
// triggers, by counts that don't have these files, or have decided something by these counts.
void refuse_late_births(const pg::Home &home, govern::Governed &runs, const govern::Governed &files,
                        const std::string &key);

// Whether a file that the command `changed_at` has written is still one of what the ended run has left: this
// transaction has ended it, not before that command, and nothing has been decided from its end.
bool ended_afterwards(const pg::Home &home, const govern::Governed &runs, const std::string &key,
                      CommandId changed_at);

[[noreturn]] void refuse_ended_run(const govern::Governed &files, const govern::Governed &runs,
                                   const RunState &run);

}  // namespace retry_ledger::files

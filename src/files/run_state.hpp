// What files need to know of their run, whoever touches them.
#pragma once

#include "govern/governed.hpp"

namespace retry_ledger::files {

struct RunState {
    std::string key, status;
    bool ended = false;
    int attempt = 1;
    std::optional<std::int64_t> max_attempts;   // the run's own limit, if the policy names a column for it
    std::optional<std::string> parent, tenant;  // parent: the run that it retries
};

// By everything committed by now and our own; nothing if there is no such run.  Read as the table's owner:
// whether a file may change doesn't depend on who can see its run.
std::optional<RunState> run_state(govern::Governed &runs, Datum key);

// The status of a file of the run that has been begun or has ended; nothing if none has, or it has no files.
std::optional<std::string> begun_file(const pg::Home &home, const govern::Governed &runs,
                                      const std::string &run_key);

// Whether this transaction has written the run's row as it is.
bool is_written_here(const govern::Governed &runs, const std::string &run_key);

// The runs that these files belong to.
govern::GovernedRef runs_of(const pg::Home &home, const govern::Governed &files);

// While a transaction has changed files of a run, the run can't end, and once it has ended no file of it
// changes: who changes files holds a shared lock, who ends the run an exclusive one, both until the
// transaction ends, savepoints aside.  Many runs share a lock, so that no statement needs more of them than a
// server has room for.
class FileLock {
public:
    FileLock(const pg::Home &home, std::string_view runs_table, std::string_view run_key);
    void share() const;
    // Gives the shared one back first: two that both want to be alone would wait for each other.
    void take() const;
    bool is_taken() const;  // by this transaction
    int number() const { return number_; }

private:
    pg::Home home_;
    int number_;
    std::string name_;
};

}  // namespace retry_ledger::files

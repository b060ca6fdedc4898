// A run to try a retry on: one that the table has, or one that is made for the trial.
#pragma once

#include "history/verify.hpp"

namespace retry_ledger::history {

struct TrialRun {
    std::string key;
    std::optional<std::string> tenant;
    bool made_for_trial = false;
    pg::Param key_param(const govern::Governed &table) const;
};

// Runs that the caller sees in one of the statuses; at most 20.
std::vector<TrialRun> find_runs(const govern::Governed &table, const std::vector<std::string> &statuses,
                                int max_attempt);

// Makes a run, as a copy of one that is there if possible, and lets it end in one of the statuses.  Raises
// why it can't.
TrialRun make_run(const govern::Governed &table, const std::vector<std::string> &statuses);

// Makes a run that is in its first status.
TrialRun make_open_run(const govern::Governed &table);

// Takes a row of ours from its first status to one of these, as far as transitions are declared.
void move_to(const govern::Governed &table, const pg::Param &key, const std::vector<std::string> &statuses);

// A key that no run has, for tables whose keys have no default.
std::optional<std::string> unused_key(const govern::Governed &table);

}  // namespace retry_ledger::history

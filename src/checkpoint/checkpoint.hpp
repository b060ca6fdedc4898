// Finding the checkpoint from which a retry goes on.
#pragma once

#include "core/checkpoint.hpp"
#include "govern/governed.hpp"

namespace retry_ledger::checkpoint {

// A checkpoint, ours or an artifact, as the decision and latest_checkpoint need it.
struct Row {
    core::FoundCheckpoint found;
    std::string run_key;
    int attempt = 1;
    std::optional<TimestampTz> valid_until;
    std::optional<std::string> evidence;  // JSON
    TimestampTz recorded_at = 0;
};

// A run of a lineage, as the caller sees it.
struct Ancestor {
    std::string key;
    int attempt;
};

// Among those of a run and of the runs that it retries, as far as the caller sees these.  By everything
// committed by now.  The run itself is one that the caller sees.  Within an SpiScope.
std::optional<Row> find(const pg::Home &home, const govern::Governed &table, const std::string &run_key,
                        const core::WantedCheckpoint &wanted);

// What a retry of the run goes on from, or why it can't.
struct Resumed {
    std::optional<core::Resume> resume;
    std::optional<core::Refusal> refusal;
};
Resumed resume(const pg::Home &home, const govern::Governed &table, const std::string &run_key,
               const core::WantedCheckpoint &wanted);

// The statuses from which a run can go on: initial and active ones.
std::vector<std::string> live_statuses(const govern::Governed &table);

// The same among the artifacts that are mapped (source.cpp).
std::optional<Row> find_artifact(const pg::Home &home, const govern::Governed &table,
                                 const std::vector<Ancestor> &lineage, const core::WantedCheckpoint &wanted);

// Whether the run has left anything in a table of artifacts that is mapped, or was before, valid or not: as
// long as that table is governed.
bool has_artifact(const pg::Home &home, const govern::Governed &table, const std::string &run_key);

// Until the transaction ends nobody invalidates the checkpoint of ours; 40001 if somebody has since it was
// found.
void hold_checkpoint(const pg::Home &home, const std::string &id);

// The first row, but for attempt and evidence: id, status, ref, whether it is invalidated, has expired, and
// is of a status that runs have, the run, until when, since when.
Row row_in(const pg::Rows &rows);

}  // namespace retry_ledger::checkpoint
